using System;
using System.Buffers.Binary;
using System.Linq;
using System.Text;
using Doppel.Machine.Firmware;

namespace Doppel.Machine.Tests.Firmware;

public sealed class SmbiosTablesTests
{
    private const uint At = 0xF_F100;

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void The_entry_point_sums_to_zero_and_leads_through_all_structures_to_the_end(int processors)
    {
        Guid uuid = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
        byte[] block = SmbiosTables.Build(At, uuid, processors);
        Assert.Equal("_SM_", Encoding.ASCII.GetString(block, 0, 4));
        Assert.Equal(0, block.Take(block[5]).Sum(b => b) & 0xFF);
        Assert.Equal("_DMI_", Encoding.ASCII.GetString(block, 16, 5));
        Assert.Equal(0, block.Skip(16).Take(15).Sum(b => b) & 0xFF);
        int next = (int)(BinaryPrimitives.ReadUInt32LittleEndian(block.AsSpan(24)) - At);
        Assert.Equal(block.Length, next + BinaryPrimitives.ReadUInt16LittleEndian(block.AsSpan(22)));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(block.AsSpan(28));
        int longest = 0;
        byte type = 0;
        bool cores = false;
        for (int i = 0; i < count; i++)
        {
            type = block[next];
            if (type == 1)
            {
                Assert.Equal(uuid, new Guid(block.AsSpan(next + 8, 16)));
            }

            if (type == 4)
            {
                Assert.Equal(processors, block[next + 0x23]); // cores
                cores = true;
            }

            int end = next + block[next + 1] + block.AsSpan(next + block[next + 1]).IndexOf(new byte[2]) + 2;
            longest = Math.Max(longest, end - next);
            next = end;
        }

        Assert.Equal(127, type);
        Assert.Equal(processors > 1, cores);
        Assert.Equal(block.Length, next);
        Assert.Equal(longest, BinaryPrimitives.ReadUInt16LittleEndian(block.AsSpan(8)));
    }
}
