using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using Doppel.Machine.Firmware;

namespace Doppel.Machine.Tests.Firmware;

public sealed class AcpiTablesTests
{
    private const uint At = 0xF_0000;

    public static TheoryData<AcpiHardware> Machines =>
    [
        new AcpiHardware(),
        new AcpiHardware { HasLocalApic = true, HasIoApic = true, HasPci = true, HasMouse = true, Processors = 4, GenerationAddress = 0xF_F000 },
        new AcpiHardware
        {
            HasLocalApic = true, HasIoApic = true, HasPci = true, HasMouse = true, HasInterruptLinks = true, HasHpet = true, HasFloppy = true, HasParallelPort = true,
            PciMemoryStart = 0x8000_0000, GenerationAddress = 0xF_F000, Processors = 2,
        },
        new AcpiHardware { HasLocalApic = true, HasIoApic = true, HasPci = true, Processors = 255, SerialPorts = 0, HasVga = true },
    ];

    [Theory]
    [MemberData(nameof(Machines))]
    public void Every_table_is_reached_and_sums_to_zero(AcpiHardware hardware)
    {
        byte[] block = AcpiTables.Build(At, hardware);
        Assert.Equal("RSD PTR ", Encoding.ASCII.GetString(block, 0, 8));
        Assert.Equal(0, block.Take(20).Sum(b => b) & 0xFF);
        Assert.Equal(0, block.Take(36).Sum(b => b) & 0xFF);
        List<uint> low = Roots(block, Dword(block, 16), "RSDT", 4);
        Assert.Equal(low, Roots(block, Dword(block, 24), "XSDT", 8));
        string[] expected = hardware.HasHpet ? ["FACP", "APIC", "HPET"] : hardware.HasLocalApic ? ["FACP", "APIC"] : ["FACP"];
        Assert.Equal(expected, low.Select(at => Signature(block, at)));
        Assert.All(low, at => Check(block, at));
        uint fadt = low[0] - At;
        Check(block, Dword(block, (int)fadt + 40));
        Assert.Equal("DSDT", Signature(block, Dword(block, (int)fadt + 140)));
        Assert.Equal("FACS", Signature(block, Dword(block, (int)fadt + 36)));
        Assert.Equal(0U, Dword(block, (int)fadt + 36) % 64);
    }

    [Fact]
    public void The_FADT_names_the_power_ports()
    {
        byte[] block = AcpiTables.Build(At, new AcpiHardware());
        int fadt = (int)(Roots(block, Dword(block, 16), "RSDT", 4)[0] - At);
        Assert.Equal(268U, Dword(block, fadt + 4));
        Assert.Equal(9, block[fadt + 46]);
        Assert.Equal(0xB2U, Dword(block, fadt + 48));
        Assert.Equal(0xF1, block[fadt + 52]);
        Assert.Equal(0x600U, Dword(block, fadt + 56));
        Assert.Equal(0x604U, Dword(block, fadt + 64));
        Assert.Equal(0x608U, Dword(block, fadt + 76));
        Assert.Equal(0x620U, Dword(block, fadt + 80));
        Assert.Equal(0x32, block[fadt + 108]);
        Assert.Equal(7, block[fadt + 109]);
        Assert.Equal(new byte[] { 1, 8, 0, 1, 0xF9, 0x0C }, block[(fadt + 116)..(fadt + 122)]);
        Assert.Equal(6, block[fadt + 128]);
        Assert.Equal(0x608U, Dword(block, fadt + 212));
    }

    [Fact]
    public void The_MADT_lists_processors_and_overrides()
    {
        byte[] block = AcpiTables.Build(At, new AcpiHardware { HasLocalApic = true, HasIoApic = true, Processors = 2 });
        int madt = (int)(Roots(block, Dword(block, 16), "RSDT", 4)[1] - At);
        byte[] entries = block[(madt + 44)..(madt + (int)Dword(block, madt + 4))];
        Assert.Equal(
            new byte[]
            {
                0, 8, 0, 0, 1, 0, 0, 0, 0, 8, 1, 1, 1, 0, 0, 0,
                1, 12, 2, 0, 0, 0, 0xC0, 0xFE, 0, 0, 0, 0,
                2, 10, 0, 0, 2, 0, 0, 0, 0, 0,
                2, 10, 0, 9, 9, 0, 0, 0, 0xD, 0,
                4, 6, 0xFF, 0, 0, 1,
            },
            entries);
    }

    [Fact]
    public void AML_is_encoded_as_the_specification_says()
    {
        Assert.Equal(new byte[] { 0x0C, 0x41, 0xD0, 0x0A, 0x03 }, Aml.EisaId("PNP0A03"));
        Assert.Equal(new byte[] { 0x08, (byte)'_', (byte)'U', (byte)'I', (byte)'D', 0x0A, 0x10 }, Aml.Name("_UID", Aml.Integer(0x10)));
        Assert.Equal(new byte[] { 0x12, 0x04, 0x02, 0x00, 0x01 }, Aml.Package(Aml.Integer(0), Aml.Integer(1)));
        Assert.Equal(new byte[] { 0x11, 0x05, 0x0A, 0x02, 7, 8 }, Aml.Buffer([7, 8]));
        Assert.Equal(new byte[] { 0x11, 0x46, 0x06, 0x0A, 0x62 }, Aml.Buffer(new byte[0x62])[..5]);
        Assert.Equal(new byte[] { 0x11, 0x86, 0x00, 0x01, 0x0B, 0x00, 0x10 }, Aml.Buffer(new byte[0x1000])[..7]);
        Assert.Equal(new byte[] { 0x10, 0x06, (byte)'\\', (byte)'_', (byte)'S', (byte)'B', (byte)'_' }, Aml.Scope("\\_SB"));
        Assert.Throws<ArgumentException>(() => Aml.Name("TOOLONG", Aml.Integer(0)));
    }

    [Theory]
    [MemberData(nameof(Machines))]
    public void The_DSDT_disassembles(AcpiHardware hardware)
    {
        string? iasl = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':').Select(p => Path.Combine(p, "iasl")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(iasl is null, "no iasl here (Debian package acpica-tools)");
        byte[] block = AcpiTables.Build(At, hardware);
        int fadt = (int)(Roots(block, Dword(block, 16), "RSDT", 4)[0] - At);
        int dsdt = (int)(Dword(block, fadt + 40) - At);
        string folder = Directory.CreateTempSubdirectory("doppel-acpi").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(folder, "dsdt.aml"), block[dsdt..(dsdt + (int)Dword(block, dsdt + 4))]);
            Run(iasl!, folder, "-d", "dsdt.aml");
            string text = File.ReadAllText(Path.Combine(folder, "dsdt.dsl"));
            Assert.Contains("_S5, Package (0x04)", text, StringComparison.Ordinal);
            Assert.Contains("EisaId (\"PNP0303\")", text, StringComparison.Ordinal);
            Assert.Contains("ResourceTemplate ()", text, StringComparison.Ordinal);
            Assert.DoesNotContain("Unknown", text, StringComparison.Ordinal);
            Run(iasl!, folder, "-p", "again", "dsdt.dsl");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Run(string program, string folder, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        string output = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output);
    }

    private static List<uint> Roots(byte[] block, uint at, string signature, int pointerBytes)
    {
        Check(block, at);
        Assert.Equal(signature, Signature(block, at));
        int offset = (int)(at - At);
        List<uint> tables = [];
        for (int i = offset + 36; i < offset + Dword(block, offset + 4); i += pointerBytes)
        {
            tables.Add(Dword(block, i));
        }

        return tables;
    }

    private static void Check(byte[] block, uint at)
    {
        int offset = (int)(at - At);
        Assert.Equal(0, block.Skip(offset).Take((int)Dword(block, offset + 4)).Sum(b => b) & 0xFF);
    }

    private static string Signature(byte[] block, uint at) => Encoding.ASCII.GetString(block, (int)(at - At), 4);

    private static uint Dword(byte[] block, int at) => BinaryPrimitives.ReadUInt32LittleEndian(block.AsSpan(at));
}
