using System;
using Doppel.Cpu;

namespace Doppel.Machine.Boot;

/// <summary>What a boot image is given.</summary>
/// <param name="Initrd">Initial RAM disk or module; empty: none.</param>
/// <param name="CommandLine">Kernel command line.</param>
/// <param name="Unpack">Whether the host unpacks a packed kernel.</param>
/// <param name="HasLongMode">Whether the CPU can run 64-bit code.</param>
/// <param name="RsdpAddress">Where the ACPI root pointer stands, or 0.</param>
/// <param name="RandomSeed">Random bytes for a kernel that takes some; empty: none.</param>
internal sealed record BootRequest(ReadOnlyMemory<byte> Initrd, string CommandLine, bool Unpack, bool HasLongMode, ulong RsdpAddress, ReadOnlyMemory<byte> RandomSeed = default)
{
    /// <summary>Whether the kernel finds a VGA in text mode.</summary>
    public bool HasTextScreen { get; init; }
}

/// <summary>A boot image of a known protocol: it puts itself into memory and says how the CPU enters it.</summary>
internal abstract class BootImage
{
    /// <summary>The protocol's name for people.</summary>
    public abstract string Protocol { get; }

    /// <summary>Loads everything into <paramref name="memory"/>; may be called again after a reset with a new one.</summary>
    /// <exception cref="BootException">It does not fit, or is damaged.</exception>
    public abstract CpuEntry Load(BootMemory memory, BootRequest request);

    /// <summary>Chooses the protocol from the content.</summary>
    /// <exception cref="BootException">No protocol fits, or the headers are damaged.</exception>
    public static BootImage Detect(ReadOnlyMemory<byte> image)
    {
        if (image.IsEmpty)
        {
            throw new BootException("the kernel file is empty; name a bzImage, an ELF kernel or a multiboot kernel");
        }

        if (LinuxBzImage.Recognises(image.Span))
        {
            return new LinuxBzImage(image);
        }

        if (MultibootHeader.Find(image.Span) is { } header)
        {
            return new Multiboot1(image, header);
        }

        if (ElfFile.Recognises(image.Span))
        {
            return new ElfImage(image);
        }

        throw new BootException("the kernel file is neither a bzImage nor an ELF nor a multiboot kernel; check the file name");
    }
}

/// <summary>The state in which a CPU enters a boot image: flat segments, interrupts off.</summary>
internal sealed record CpuEntry
{
    private const ushort FlatCode32 = 0xC09B; // G, D, present, code, readable, accessed
    private const ushort FlatCode64 = 0xA09B; // G, L, present, code, readable, accessed
    private const ushort FlatData = 0xC093; // G, B, present, data, writable, accessed
    private const ushort BusyTask = 0x008B;

    /// <summary>First instruction.</summary>
    public required ulong Rip { get; init; }

    /// <summary>Page tables for long mode; null: 32-bit protected mode without paging.</summary>
    public ulong? LongModePageTables { get; init; }

    /// <summary>Address of a descriptor table with flat code at 0x10 and data at 0x18.</summary>
    public required ulong Gdt { get; init; }

    public ulong Rax { get; init; }

    public ulong Rbx { get; init; }

    public ulong Rsi { get; init; }

    public ulong Rsp { get; init; }

    /// <summary>Changes a CPU in its reset state to the entry state.</summary>
    public void ApplyTo(ref VcpuRecord cpu)
    {
        bool isLong = LongModePageTables is not null;
        cpu.Gpr = default;
        cpu.Gpr[0] = Rax;
        cpu.Gpr[3] = Rbx;
        cpu.Gpr[4] = Rsp;
        cpu.Gpr[6] = Rsi;
        cpu.Rip = Rip;
        cpu.Rflags = (ulong)X86.Registers.RFlags.Fixed1;
        for (int i = 0; i < 6; i++)
        {
            bool isCode = i == 1;
            cpu.Segment[i] = new SegmentState
            {
                Limit = uint.MaxValue,
                Selector = (ushort)(isCode ? BootTables.CodeSelector : BootTables.DataSelector),
                Attributes = isCode ? (isLong ? FlatCode64 : FlatCode32) : FlatData,
            };
        }

        cpu.Segment[7] = new SegmentState { Limit = 0x67, Attributes = BusyTask };
        cpu.Gdtr = new DescriptorTableState { Base = Gdt, Limit = BootTables.GdtBytes - 1 };
        cpu.Idtr = default;
        cpu.Cr0 = X86.Registers.Cr0.PE | X86.Registers.Cr0.ET;
        cpu.Cr3 = 0;
        cpu.Cr4 = 0;
        cpu.Efer = 0;
        if (LongModePageTables is { } root)
        {
            cpu.Cr0 |= X86.Registers.Cr0.PG;
            cpu.Cr3 = root;
            cpu.Cr4 = X86.Registers.Cr4.PAE;
            cpu.Efer = X86.Registers.Efer.LME | X86.Registers.Efer.LMA;
        }
    }
}
