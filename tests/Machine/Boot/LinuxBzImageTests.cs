using System;
using Doppel.Cpu;
using Doppel.Machine.Boot;

namespace Doppel.Machine.Tests.Boot;

public sealed class LinuxBzImageTests
{
    private static readonly byte[] Code = [0xFA, 0xF4, 0x90, 0x90, 1, 2, 3, 4];

    [Fact]
    public void A_32_bit_kernel_is_unpacked_to_its_physical_address_and_entered_flat()
    {
        using BootBench bench = new(16);
        bench.Fill(0x20_0000, 64, 0xEE);
        CpuEntry entry = bench.Load(BootBench.BzImage(BootBench.Elf32(Code, 0x20_0000)), BootBench.Request("console=ttyS0", [9, 8, 7], rsdp: 0xF_0000));
        Assert.Equal(Code, bench.Bytes(0x20_0000, 8));
        Assert.Equal(new byte[8], bench.Bytes(0x20_0008, 8));

        VcpuRecord cpu = default;
        entry.ApplyTo(ref cpu);
        Assert.Equal(0x20_0000UL, cpu.Rip);
        Assert.Equal(0x11UL, cpu.Cr0);
        Assert.Equal(2UL, cpu.Rflags);
        Assert.Equal(0xC09B, cpu.Segment[1].Attributes);
        Assert.Equal(0x10, cpu.Segment[1].Selector);
        Assert.Equal(0x18, cpu.Segment[2].Selector);
        Assert.Equal(uint.MaxValue, cpu.Segment[3].Limit);
        Assert.Equal(0x00CF_9B00_0000_FFFFUL, bench.Qword(cpu.Gdtr.Base + 0x10));

        ulong page = cpu.Gpr[6];
        Assert.Equal(0xF_0000UL, bench.Qword(page + 0x70));
        Assert.Equal("HdrS"u8.ToArray(), bench.Bytes(page + 0x202, 4));
        Assert.Equal(0xFF, bench.Bytes(page + 0x210, 1)[0]);
        Assert.Equal(1, bench.Bytes(page + 0x211, 1)[0]);
        Assert.Equal("console=ttyS0", bench.Text(bench.Dword(page + 0x228)));
        Assert.Equal(0xFF_F000U, bench.Dword(page + 0x218));
        Assert.Equal(3U, bench.Dword(page + 0x21C));
        Assert.Equal(new byte[] { 9, 8, 7 }, bench.Bytes(0xFF_F000, 3));
        Assert.Equal(15U << 10, bench.Dword(page + 0x1E0));
        Assert.Equal(0, bench.Bytes(page + 0x0F, 1)[0]);
        Assert.Equal(4, bench.Bytes(page + 0x1E8, 1)[0]);
        Assert.Equal(0x9_FC00UL, bench.Qword(page + 0x2D0 + 8));
        Assert.Equal(0x10_0000UL, bench.Qword(page + 0x2D0 + 60));
        Assert.Equal(15UL << 20, bench.Qword(page + 0x2D0 + 68));
        Assert.Equal(1U, bench.Dword(page + 0x2D0 + 76));
    }

    [Fact]
    public void A_64_bit_kernel_is_entered_in_long_mode_with_the_first_4_GiB_mapped()
    {
        using BootBench bench = new(16);
        CpuEntry entry = bench.Load(BootBench.BzImage(BootBench.Elf64(Code, 0x20_0000)), BootBench.Request());
        VcpuRecord cpu = default;
        entry.ApplyTo(ref cpu);
        Assert.Equal(0x20_0000UL, cpu.Rip);
        Assert.Equal(0x8000_0011UL, cpu.Cr0);
        Assert.Equal(0x20UL, cpu.Cr4);
        Assert.Equal(0x500UL, cpu.Efer);
        Assert.Equal(0xA09B, cpu.Segment[1].Attributes);
        foreach (ulong address in (ulong[])[0, 0x1234_5678, 0xFEE0_0000, 0xFFFF_FFFF])
        {
            ulong directory = bench.Qword((bench.Qword(cpu.Cr3) & ~0xFFFUL) + (address >> 30 << 3)) & ~0xFFFUL;
            ulong leaf = bench.Qword(directory + (((address >> 21) & 511) << 3));
            Assert.Equal(0x83UL, leaf & 0xFFF);
            Assert.Equal(address & ~0x1F_FFFFUL, leaf & ~0xFFFUL);
        }
    }

    [Fact]
    public void A_64_bit_kernel_needs_a_CPU_with_long_mode()
    {
        using BootBench bench = new(16);
        Assert.Contains("long mode", Error(bench, BootBench.BzImage(BootBench.Elf64(Code, 0x20_0000)), BootBench.Request(longMode: false)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, true, 0x10_0000)]
    [InlineData(true, true, 0x10_0200)]
    [InlineData(true, false, 0x10_0000)]
    public void Without_unpacking_the_kernels_own_entry_runs(bool entry64, bool longMode, int rip)
    {
        using BootBench bench = new(16);
        byte[] image = BootBench.BzImage(BootBench.Elf32(Code, 0x20_0000), entry64);
        CpuEntry entry = bench.Load(image, BootBench.Request(unpack: false, longMode: longMode));
        Assert.Equal((ulong)rip, entry.Rip);
        Assert.Equal(entry64 && longMode, entry.LongModePageTables is not null);
        Assert.Equal(image[0x400..], bench.Bytes(0x10_0000, image.Length - 0x400));
    }

    [Theory]
    [InlineData(0x20F, true)]
    [InlineData(0x209, true)]
    [InlineData(0x208, false)]
    public void Random_bytes_are_handed_over_where_the_protocol_can(int protocol, bool can)
    {
        using BootBench bench = new(16);
        byte[] image = BootBench.BzImage(BootBench.Elf32(Code, 0x20_0000));
        image[0x206] = (byte)protocol;
        byte[] seed = [1, 2, 3, 4, 5];
        ulong page = bench.Load(image, BootBench.Request() with { RandomSeed = seed }).Rsi;
        ulong data = bench.Qword(page + 0x250);
        Assert.Equal(can, data != 0);
        if (can)
        {
            Assert.Equal((0UL, 9U, 5U), (bench.Qword(data), bench.Dword(data + 8), bench.Dword(data + 12)));
            Assert.Equal(seed, bench.Bytes(data + 16, 5));
        }

        using BootBench without = new(16);
        Assert.Equal(0UL, without.Qword(without.Load(image, BootBench.Request()).Rsi + 0x250));
    }

    [Fact]
    public void A_payload_of_no_known_kind_runs_at_its_own_entry()
    {
        using BootBench bench = new(16);
        Assert.Equal(0x10_0000UL, bench.Load(BootBench.BzImage([1, 2, 3, 4, 5, 6, 7, 8]), BootBench.Request()).Rip);
    }

    [Fact]
    public void The_initrd_stays_clear_of_the_decompressors_memory()
    {
        using BootBench bench = new(4);
        byte[] image = BootBench.BzImage(BootBench.Elf32(Code, 0x20_0000), initBytes: 0x20_0000);
        Assert.Contains("initrd", Error(bench, image, BootBench.Request(initrd: new byte[0x10_0001], unpack: false)), StringComparison.Ordinal);
        using BootBench other = new(4);
        _ = other.Load(image, BootBench.Request(initrd: new byte[0x10_0000], unpack: false));
    }

    [Theory]
    [InlineData(0x1F1, 0xFF, "cut off")]
    [InlineData(0x1F6, 0x7F, "shorter")]
    [InlineData(0x201, 0xFF, "impossible length")]
    [InlineData(0x207, 0x01, "zImage")]
    [InlineData(0x211, 0x00, "zImage")]
    [InlineData(0x24B, 0x7F, "payload leaves")]
    [InlineData(0x24F, 0xFF, "payload leaves")]
    public void Damaged_headers_are_told(int at, byte value, string word)
    {
        byte[] image = BootBench.BzImage(BootBench.Elf32(Code, 0x20_0000));
        image[at] = value;
        using BootBench bench = new(16);
        Assert.Contains(word, Error(bench, image, BootBench.Request()), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_truncation_is_told()
    {
        byte[] image = BootBench.BzImage(BootBench.Elf32(Code, 0x20_0000));
        for (int length = 0; length < image.Length - 16; length++)
        {
            using BootBench bench = new(16);
            _ = Error(bench, image[..length], BootBench.Request());
        }
    }

    [Fact]
    public void What_does_not_fit_is_told_by_name()
    {
        byte[] image = BootBench.BzImage(BootBench.Elf32(Code, 0x20_0000));
        Assert.Contains("the initrd of 16 MiB", ErrorIn(16, image, BootBench.Request(initrd: new byte[16 << 20])), StringComparison.Ordinal);
        Assert.Contains("the kernel needs memory 200000", ErrorIn(2, image, BootBench.Request()), StringComparison.Ordinal);
        Assert.Contains("the kernel needs memory", ErrorIn(1, image, BootBench.Request(unpack: false)), StringComparison.Ordinal);
        Assert.Contains("300 bytes, but this kernel takes 255", ErrorIn(16, image, BootBench.Request(new string('x', 300))), StringComparison.Ordinal);
        Assert.Contains("zero character", ErrorIn(16, image, BootBench.Request("a\0b")), StringComparison.Ordinal);
        Assert.Contains("the kernel needs memory", ErrorIn(16, BootBench.BzImage(BootBench.Elf32(Code, 0xB_8000)), BootBench.Request()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("linux/i386/vmlinuz", "linux/i386/initrd.gz", false)]
    [InlineData("linux/amd64/vmlinuz", "linux/amd64/initrd.gz", true)]
    public void Debian_kernels_load(string kernel, string initrd, bool isLong)
    {
        using BootBench bench = new(256);
        byte[] image = SharedGuests.ReadOrSkip(kernel);
        byte[] disk = SharedGuests.ReadOrSkip(initrd);
        Assert.Equal("Linux 2.15", BootImage.Detect(image).Protocol);
        CpuEntry entry = bench.Load(image, BootBench.Request("quiet", disk));
        Assert.Equal(0x100_0000UL, entry.Rip);
        Assert.Equal(isLong, entry.LongModePageTables is not null);
        uint at = bench.Dword(entry.Rsi + 0x218);
        Assert.Equal(0x1000_0000U - ((uint)disk.Length + 0xFFF & ~0xFFFU), at);
        Assert.True(disk.AsSpan().SequenceEqual(bench.Bytes(at, disk.Length)));
        using BootBench packed = new(256);
        Assert.Equal(isLong ? 0x10_0200UL : 0x10_0000UL, packed.Load(image, BootBench.Request("quiet", disk, unpack: false)).Rip);
    }

    private static string ErrorIn(int megabytes, byte[] image, BootRequest request)
    {
        using BootBench bench = new(megabytes);
        return Error(bench, image, request);
    }

    private static string Error(BootBench bench, byte[] image, BootRequest request)
    {
        string message = Assert.Throws<BootException>(() => bench.Load(image, request)).Message;
        Assert.DoesNotContain(message, char.IsControl);
        return message;
    }
}
