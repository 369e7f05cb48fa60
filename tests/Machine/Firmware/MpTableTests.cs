using System;
using System.Buffers.Binary;
using System.Linq;
using System.Text;
using Doppel.Machine.Firmware;
using Doppel.X86.Cpuid;

namespace Doppel.Machine.Tests.Firmware;

public sealed class MpTableTests
{
    private const uint At = 0xF_F400;

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    public void The_pointer_leads_to_a_table_of_all_processors(int processors)
    {
        byte[] block = MpTable.Build(At, CpuModels.Default with { Processors = processors }, 9);
        Assert.InRange(block.Length, 1, 0x800);
        Assert.Equal("_MP_", Encoding.ASCII.GetString(block, 0, 4));
        Assert.Equal(0, block.Take(16).Sum(b => b) & 0xFF);
        int at = (int)(BinaryPrimitives.ReadUInt32LittleEndian(block.AsSpan(4)) - At);
        Span<byte> table = block.AsSpan(at, BinaryPrimitives.ReadUInt16LittleEndian(block.AsSpan(at + 4)));
        Assert.Equal(block.Length, at + table.Length);
        Assert.Equal(0, table.ToArray().Sum(b => b) & 0xFF);
        Assert.Equal("PCMP", Encoding.ASCII.GetString(table[..4]));
        int[] lengths = [20, 8, 8, 8, 8];
        int[] counts = new int[5];
        int next = 44;
        for (int i = 0; i < BinaryPrimitives.ReadUInt16LittleEndian(table[34..]); i++)
        {
            byte type = table[next];
            if (type == 0)
            {
                Assert.Equal((counts[0], counts[0] == 0 ? 3 : 1), (table[next + 1], table[next + 3]));
            }
            else if (type == 2)
            {
                Assert.Equal(processors, table[next + 1]);
            }

            counts[type]++;
            next += lengths[type];
        }

        Assert.Equal(table.Length, next);
        Assert.Equal([processors, 2, 1, 16, 2], counts);
    }
}
