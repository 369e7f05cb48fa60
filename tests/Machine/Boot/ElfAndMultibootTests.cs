using System;
using Doppel.Machine.Boot;

namespace Doppel.Machine.Tests.Boot;

public sealed class ElfAndMultibootTests
{
    private static readonly byte[] Code = [0xFA, 0xF4, 0x90, 0x90];

    [Fact]
    public void A_bare_ELF32_gets_boot_params()
    {
        using BootBench bench = new(4);
        CpuEntry entry = bench.Load(BootBench.Elf32(Code, 0x10_0000), BootBench.Request("hello"));
        Assert.Equal(0x10_0000UL, entry.Rip);
        Assert.Null(entry.LongModePageTables);
        Assert.Equal("hello", bench.Text(bench.Dword(entry.Rsi + 0x228)));
        Assert.Equal(0x5372_6448U, bench.Dword(entry.Rsi + 0x202));
    }

    [Fact]
    public void A_bare_ELF64_starts_in_long_mode()
    {
        using BootBench bench = new(4);
        CpuEntry entry = bench.Load(BootBench.Elf64(Code, 0x10_0000), BootBench.Request());
        Assert.NotNull(entry.LongModePageTables);
        Assert.Equal("ELF64", BootImage.Detect(BootBench.Elf64(Code, 0x10_0000)).Protocol);
    }

    [Fact]
    public void PVH_gets_its_start_information()
    {
        using BootBench bench = new(4);
        byte[] image = BootBench.Elf32(Code, 0x10_0000, pvhEntry: 0x10_0002);
        Assert.Equal("PVH", BootImage.Detect(image).Protocol);
        CpuEntry entry = bench.Load(image, BootBench.Request("hello", [1, 2], rsdp: 0xF_0040));
        ulong info = entry.Rbx;
        Assert.Equal(0x10_0002UL, entry.Rip);
        Assert.Equal(0x336E_C578U, bench.Dword(info));
        Assert.Equal(1U, bench.Dword(info + 4));
        Assert.Equal(1U, bench.Dword(info + 12));
        ulong module = bench.Qword(info + 16);
        Assert.Equal(0x3F_F000UL, bench.Qword(module));
        Assert.Equal(2UL, bench.Qword(module + 8));
        Assert.Equal("hello", bench.Text(bench.Qword(info + 24)));
        Assert.Equal(0xF_0040UL, bench.Qword(info + 32));
        Assert.Equal(4U, bench.Dword(info + 48));
        Assert.Equal(0x9_FC00UL, bench.Qword(bench.Qword(info + 40) + 8));
    }

    [Theory]
    [InlineData(16, 3, "EXEC")] // shared object
    [InlineData(18, 8, "i386")] // MIPS
    [InlineData(44, 0, "program headers")]
    [InlineData(31, 0x7F, "program headers")]
    [InlineData(42, 8, "program headers")]
    [InlineData(59, 0x7F, "leaves the file")]
    [InlineData(71, 0x7F, "leaves the file")]
    [InlineData(72, 1, "sizes")]
    [InlineData(75, 0x7F, "does not have")]
    [InlineData(67, 0xFF, "does not have")]
    [InlineData(52, 6, "nothing to load")]
    public void Damaged_ELF_files_are_told(int at, byte value, string word)
    {
        byte[] image = BootBench.Elf32(Code, 0x10_0000);
        image[at] = value;
        using BootBench bench = new(4);
        Assert.Contains(word, Assert.Throws<BootException>(() => bench.Load(image, BootBench.Request())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_damage_to_ELF_headers_gives_boot_errors_only()
    {
        Random random = new(7);
        for (int i = 0; i < 2000; i++)
        {
            byte[] image = BootBench.Elf32(Code, 0x10_0000, pvhEntry: 0x10_0002);
            for (int j = 0; j < 3; j++)
            {
                image[random.Next(4, 0xD4)] = (byte)random.Next();
            }

            using BootBench bench = new(2);
            try
            {
                _ = bench.Load(image, BootBench.Request());
            }
            catch (BootException)
            {
                // told: fine
            }
        }
    }

    [Fact]
    public void Multiboot_ELF_gets_its_information()
    {
        using BootBench bench = new(4);
        byte[] code = [.. Header(0), .. Code];
        CpuEntry entry = bench.Load(BootBench.Elf32(code, 0x10_0000), BootBench.Request("kernel x", [1, 2, 3]));
        Assert.Equal(0x2BAD_B002UL, entry.Rax);
        ulong info = entry.Rbx;
        Assert.Equal(0x24DU, bench.Dword(info));
        Assert.Equal(639U, bench.Dword(info + 4));
        Assert.Equal(3U << 10, bench.Dword(info + 8));
        Assert.Equal("kernel x", bench.Text(bench.Dword(info + 16)));
        Assert.Equal(1U, bench.Dword(info + 20));
        ulong module = bench.Dword(info + 24);
        Assert.Equal(0x3F_F000U, bench.Dword(module));
        Assert.Equal(0x3F_F003U, bench.Dword(module + 4));
        Assert.Equal(4U * 24, bench.Dword(info + 44));
        ulong map = bench.Dword(info + 48);
        Assert.Equal(20U, bench.Dword(map));
        Assert.Equal(0x9_FC00UL, bench.Qword(map + 12));
        Assert.Equal("Doppel", bench.Text(bench.Dword(info + 64)));
    }

    [Fact]
    public void Multiboot_addresses_override_the_file_format()
    {
        using BootBench bench = new(4);
        byte[] image = [0, 0, 0, 0, .. Header(1 << 16, 0x10_0004, 0x10_0000, 0, 0x10_1000, 0x10_0002), .. Code];
        bench.Fill(0x10_0000, 0x1800, 0xEE);
        CpuEntry entry = bench.Load(image, BootBench.Request());
        Assert.Equal(0x10_0002UL, entry.Rip);
        Assert.Equal(image, bench.Bytes(0x10_0000, image.Length));
        Assert.Equal(0, bench.Bytes(0x10_0FFF, 1)[0]);
        Assert.Equal(0xEE, bench.Bytes(0x10_1000, 1)[0]);
    }

    [Theory]
    [InlineData(0x10_0000, 0x10_0004, 0, 0)] // header before its own text
    [InlineData(0x10_1000, 0x10_0000, 0, 0)] // text would begin before the file
    [InlineData(0x10_0000, 0x10_0000, 0x20_0000, 0)] // data would end after the file
    [InlineData(0x10_0000, 0x10_0000, 0x0F_0000, 0)] // end before start
    [InlineData(0x10_0000, 0x10_0000, 0, 0x7FFF_0000)] // more zeros than memory
    public void Impossible_multiboot_addresses_are_told(uint header, uint load, uint loadEnd, uint bssEnd)
    {
        using BootBench bench = new(4);
        Assert.Throws<BootException>(() => bench.Load([.. Header(1 << 16, header, load, loadEnd, bssEnd, load), .. Code], BootBench.Request()));
    }

    [Fact]
    public void Unknown_required_multiboot_features_are_told()
    {
        using BootBench bench = new(4);
        Assert.Contains("features 8", Assert.Throws<BootException>(() => bench.Load([.. Header(8), .. Code], BootBench.Request())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Multiboot_without_addresses_must_be_ELF()
    {
        using BootBench bench = new(4);
        Assert.Throws<BootException>(() => bench.Load([.. Header(0), .. Code], BootBench.Request()));
    }

    [Fact]
    public void Other_files_are_told()
    {
        Assert.Contains("neither", Assert.Throws<BootException>(() => BootImage.Detect(new byte[1000])).Message, StringComparison.Ordinal);
        Assert.Contains("empty", Assert.Throws<BootException>(() => BootImage.Detect(ReadOnlyMemory<byte>.Empty)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Invaders_load()
    {
        byte[] image = SharedGuests.ReadOrSkip("images/invaders.exec");
        using BootBench bench = new(4);
        Assert.Equal("Multiboot 1", BootImage.Detect(image).Protocol);
        Assert.Equal(0x10_0024UL, bench.Load(image, BootBench.Request()).Rip);
        Assert.Equal(image[0x80..0x90], bench.Bytes(0x10_0000, 16));
    }

    private static byte[] Header(uint flags, params uint[] addresses)
    {
        byte[] header = new byte[12 + (addresses.Length * 4)];
        BootBench.Put32(header, 0, 0x1BAD_B002);
        BootBench.Put32(header, 4, flags);
        BootBench.Put32(header, 8, unchecked(0U - 0x1BAD_B002 - flags));
        for (int i = 0; i < addresses.Length; i++)
        {
            BootBench.Put32(header, 12 + (i * 4), addresses[i]);
        }

        return header;
    }
}
