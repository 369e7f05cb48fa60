using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Doppel.Machine.Firmware;

namespace Doppel.Machine.Tests.Firmware;

/// <summary>Does with the loader's commands what firmware does, and looks at what stands in memory then.</summary>
public sealed class AcpiLoaderTests
{
    private const uint TablesAt = 0x0FFE_0000;
    private const uint RootAt = 0x000F_5000;
    private const uint GenerationAt = 0x0FFF_0000;

    private static readonly AcpiHardware s_hardware = new()
    {
        HasLocalApic = true,
        HasIoApic = true,
        HasPci = true,
        HasInterruptLinks = true,
        HasHpet = true,
        PowerPorts = 0xB000,
    };

    [Fact]
    public void Completed_tables_are_those_that_are_built_in_place()
    {
        AcpiLoaderTables files = AcpiLoaderTables.Build(s_hardware);
        Dictionary<string, (uint At, byte[] Bytes)> placed = new()
        {
            [AcpiLoaderTables.TablesFile] = (TablesAt, files.Tables),
            [AcpiLoaderTables.RootFile] = (RootAt, files.Root),
            [AcpiLoaderTables.GenerationFile] = (GenerationAt, new byte[0x1000]),
            [AcpiLoaderTables.GenerationAddressFile] = (0, new byte[8]),
        };
        HashSet<string> allocated = [];
        for (int at = 0; at < files.Commands.Length; at += 128)
        {
            Execute(files.Commands.AsSpan(at, 128), placed, allocated);
        }

        Assert.Equal(GenerationAt + 40UL, BitConverter.ToUInt64(placed[AcpiLoaderTables.GenerationAddressFile].Bytes));
        Assert.Equal(0, files.Root.Sum(b => b) & 0xFF);
        Assert.Equal(0, files.Root.Take(20).Sum(b => b) & 0xFF);
        AcpiTableSet expected = AcpiTableSet.Lay(TablesAt, s_hardware with { GenerationAddress = GenerationAt + 40 });
        Assert.Equal(expected.ToBlock(), files.Tables);
        Assert.Equal(expected.Root, files.Root);
    }

    [Fact]
    public void Lengths_do_not_depend_on_where_power_management_is()
    {
        AcpiLoaderTables other = AcpiLoaderTables.Build(s_hardware with { PowerPorts = 0x600 });
        AcpiLoaderTables one = AcpiLoaderTables.Build(s_hardware);
        Assert.Equal(one.Tables.Length, other.Tables.Length);
        Assert.Equal(one.Commands, other.Commands);
    }

    private static void Execute(ReadOnlySpan<byte> command, Dictionary<string, (uint At, byte[] Bytes)> placed, HashSet<string> allocated)
    {
        uint kind = BinaryPrimitives.ReadUInt32LittleEndian(command);
        ReadOnlySpan<byte> body = command[4..];
        string file = Name(body);
        switch (kind)
        {
            case 1:
                Assert.True(allocated.Add(file));
                Assert.Equal(0u, placed[file].At % BinaryPrimitives.ReadUInt32LittleEndian(body[56..]));
                break;
            case 2:
                Assert.Contains(file, allocated);
                AddPointer(placed[file].Bytes.AsSpan((int)BinaryPrimitives.ReadUInt32LittleEndian(body[112..])), body[116], placed[Name(body[56..])].At);
                break;
            case 3:
                int start = (int)BinaryPrimitives.ReadUInt32LittleEndian(body[60..]);
                int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(body[64..]);
                byte[] bytes = placed[file].Bytes;
                bytes[(int)BinaryPrimitives.ReadUInt32LittleEndian(body[56..])] = (byte)-bytes.Skip(start).Take(length).Sum(b => b);
                break;
            case 4:
                ulong value = placed[Name(body[56..])].At + (ulong)BinaryPrimitives.ReadUInt32LittleEndian(body[116..]);
                Assert.Equal(8, body[120]);
                BinaryPrimitives.WriteUInt64LittleEndian(placed[file].Bytes, value);
                break;
            default:
                Assert.Fail($"command {kind}");
                break;
        }
    }

    private static void AddPointer(Span<byte> at, int bytes, uint address)
    {
        if (bytes == 4)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(at, BinaryPrimitives.ReadUInt32LittleEndian(at) + address);
        }
        else
        {
            BinaryPrimitives.WriteUInt64LittleEndian(at, BinaryPrimitives.ReadUInt64LittleEndian(at) + address);
        }
    }

    private static string Name(ReadOnlySpan<byte> field)
    {
        ReadOnlySpan<byte> name = field[..56];
        return Encoding.ASCII.GetString(name[..name.IndexOf((byte)0)]);
    }
}
