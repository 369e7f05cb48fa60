using System;
using System.Collections.Generic;
using Doppel.Primitives;

namespace Doppel.Memory.Tests;

// The rendered map against the definition, byte by byte, on random small spaces at both ends of the address space.
public sealed class RenderModelTests
{
    [Theory]
    [InlineData(0UL)]
    [InlineData(0xFFFF_FFFF_FFFF_FF00UL)]
    public void Every_byte_belongs_to_the_strongest_region(ulong origin)
    {
        Random random = new(20);
        for (int round = 0; round < 300; round++)
        {
            GuestPhysicalSpace space = new();
            List<MemoryRegion> regions = [];
            for (int step = 0; step < 12; step++)
            {
                if (regions.Count > 0 && random.Next(4) == 0)
                {
                    int victim = random.Next(regions.Count);
                    space.Remove(regions[victim]);
                    regions.RemoveAt(victim);
                }
                else
                {
                    int start = random.Next(256);
                    int length = 1 + random.Next(256 - start);
                    regions.Add(space.AddMmio(new Gpa(origin + (ulong)start), (ulong)length, new object(), random.Next(3)));
                }

                Check(space, regions, origin);
            }
        }
    }

    private static void Check(GuestPhysicalSpace space, List<MemoryRegion> regions, ulong origin)
    {
        for (ulong i = 0; i < 256; i++)
        {
            Gpa at = new(origin + i);
            MemoryRegion? expected = null;
            foreach (MemoryRegion region in regions)
            {
                if (at.Value >= region.Start.Value && at.Value - region.Start.Value < region.Length && (expected is null || region.Priority >= expected.Priority))
                {
                    expected = region;
                }
            }

            FlatRange? found = space.Map.Find(at);
            Assert.Same(expected?.Device, found?.Device);
            if (expected is not null && found is not null)
            {
                Assert.Equal((long)(at.Value - expected.Start.Value), found.Offset + (long)(at.Value - found.Start.Value));
            }
        }
    }
}
