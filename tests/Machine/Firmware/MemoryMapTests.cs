using System.Linq;
using Doppel.Machine.Firmware;

namespace Doppel.Machine.Tests.Firmware;

public sealed class MemoryMapTests
{
    [Theory]
    [InlineData(1UL << 20, 3, 0x9_FC00UL)]
    [InlineData(64UL << 20, 4, 0x9_FC00UL + (63UL << 20))]
    [InlineData(3UL << 30, 4, 0x9_FC00UL + (3071UL << 20))]
    [InlineData(5UL << 30, 5, 0x9_FC00UL + (5119UL << 20))]
    public void Usable_memory_is_all_but_the_first_megabytes_holes(ulong bytes, int entries, ulong usable)
    {
        MemoryMap map = new(bytes);
        Assert.Equal(entries, map.Entries.Count);
        Assert.Equal(usable, map.Entries.Where(e => e.Kind == MemoryKind.Usable).Aggregate(0UL, (sum, e) => sum + e.Length));
        Assert.Equal(bytes, map.LowBytes + map.HighBytes);
        for (int i = 1; i < map.Entries.Count; i++)
        {
            Assert.True(map.Entries[i - 1].End <= map.Entries[i].Start);
        }
    }

    [Fact]
    public void Memory_above_the_hole_starts_at_4_GiB()
    {
        MemoryMap map = new(5UL << 30);
        Assert.Equal(new MemoryMapEntry(0x1_0000_0000, 2UL << 30, MemoryKind.Usable), map.Entries[^1]);
        Assert.Equal(0xC000_0000UL, map.Entries[^2].End);
    }
}
