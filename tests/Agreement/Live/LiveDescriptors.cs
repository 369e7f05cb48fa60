using System.Collections.Generic;
using Doppel.Cpu;

namespace Doppel.Agreement.Tests.Live;

/// <summary>What a descriptor of the shared LDT describes, in the order of the type field's upper bits.</summary>
internal enum SegmentKind
{
    /// <summary>Data from 0 to the limit.</summary>
    Data = 0,

    /// <summary>Data above the limit.</summary>
    ExpandDown = 1,

    /// <summary>Code.</summary>
    Code = 2,

    /// <summary>Conforming code. Linux makes it only when it is absent.</summary>
    Conforming = 3,
}

/// <summary>A descriptor that the host's kernel makes on request. Its DPL is 3, its accessed bit set.</summary>
/// <param name="Kind">Sort of segment.</param>
/// <param name="Base">Linear base address.</param>
/// <param name="RawLimit">Limit field: bytes, or 4 KiB pages with <paramref name="Pages"/>.</param>
/// <param name="Open">Writable data, readable code.</param>
/// <param name="Big">32-bit code, 32-bit stack.</param>
/// <param name="Pages">Granularity.</param>
/// <param name="Present">Whether it is present.</param>
internal sealed record LiveDescriptor(SegmentKind Kind, uint Base, uint RawLimit, bool Open = true, bool Big = true, bool Pages = false, bool Present = true)
{
    internal bool IsCode => Kind >= SegmentKind.Code;

    /// <summary>Last valid offset, or for data that expands down the last one that is not.</summary>
    internal uint Limit => Pages ? (RawLimit << 12) | 0xFFF : RawLimit;

    /// <summary>Flags of Linux' <c>struct user_desc</c>.</summary>
    internal uint UserFlags => (Big ? 1u : 0) | ((uint)Kind << 1) | (Open ? 0 : 1u << 3) | (Pages ? 1u << 4 : 0) | (Present ? 0 : 1u << 5);

    /// <summary>The descriptor as it stands in memory.</summary>
    internal ulong Bits => (RawLimit & 0xFFFF) | ((ulong)(Base & 0xFF_FFFF) << 16) | ((ulong)Attributes << 40) | ((ulong)(RawLimit & 0xF_0000) << 32) | ((ulong)(Base & 0xFF00_0000) << 32);

    /// <summary>Rights as <see cref="SegmentState.Attributes"/> has them.</summary>
    internal ushort Attributes => (ushort)(0x71 | (Open ? 2 : 0) | ((int)Kind << 2) | (Present ? 0x80 : 0) | (Big ? 0x4000 : 0) | (Pages ? 0x8000 : 0));
}

/// <summary>The descriptor tables of the host process, which the engine's bench repeats: its GDT as x86-64 Linux lays it out, and an LDT of ours.</summary>
internal static class LiveDescriptors
{
    internal const ushort UserCode32 = 0x23;
    internal const ushort UserData = 0x2B;
    internal const ushort UserCode64 = 0x33;
    internal const ushort KernelCode = 0x10;
    internal const ushort TaskState = 0x40;
    internal const ushort LocalTable = 0x50;
    internal const int GdtLimit = 0x7F;

    /// <summary>Its limit names the host's processor: never loaded or asked for.</summary>
    internal const ushort ProcessorNumber = 0x78;

    internal const ushort Code16 = 7;
    internal const ushort Stack16 = (8 << 3) | 7;
    internal const ushort Flat = (21 << 3) | 7;

    private const uint Window = CaseLayout.WindowAt;
    private const uint Page = CaseLayout.CodeAt;

    /// <summary>The LDT. Code segments hold the code page, data segments the window, each in its own way.</summary>
    internal static IReadOnlyList<LiveDescriptor> Local { get; } =
    [
        new(SegmentKind.Code, Page, 0xFFFF, Big: false),
        new(SegmentKind.Code, Page, 0x8FF, Open: false, Big: false),
        new(SegmentKind.Code, Page, 0xFFF),
        new(SegmentKind.Code, Page, 0x87F, Open: false),
        new(SegmentKind.Code, Page - 0x1000, 1, Pages: true),
        new(SegmentKind.Conforming, Page, 0xFFF, Present: false),
        new(SegmentKind.Code, Page, 0xFFF, Present: false),
        new(SegmentKind.Code, Page - 0xF000, 0xFFFF, Big: false),
        new(SegmentKind.Data, Window - 0x4000, 0xFFFF, Big: false),
        new(SegmentKind.Data, Window, 0xFFF),
        new(SegmentKind.Data, Window, 0x7FF),
        new(SegmentKind.Data, Window, 0xFFF, Open: false),
        new(SegmentKind.Data, Window - 0x1000, 1, Pages: true),
        new(SegmentKind.ExpandDown, Window - 0x8000, 0x83FF),
        new(SegmentKind.ExpandDown, Window - 0xF000, 0xF3FF, Big: false),
        new(SegmentKind.ExpandDown, Window - 0x8000, 0x86AB, Open: false),
        new(SegmentKind.Data, Window, 0xFFF, Present: false),
        new(SegmentKind.Data, Window - 0x4000, 0xFFFF, Open: false, Big: false),
        new(SegmentKind.Data, 0, 0x1_0000, Pages: true),
        new(SegmentKind.Data, Window - 0x4000, 0x47FF, Big: false),
        new(SegmentKind.Data, Window + 0x801, 0x7FE),
        new(SegmentKind.Data, 0, 0xF_FFFF, Pages: true),
        new(SegmentKind.ExpandDown, Window - 0x8800, 8, Pages: true),
        new(SegmentKind.Data, Window + 0x40, 0),
    ];

    /// <summary>The GDT, in 8-byte entries. The halves of system descriptors have bases of our own, which user code cannot see.</summary>
    internal static IReadOnlyList<ulong> Global { get; } =
    [
        0, 0x00CF_9B00_0000_FFFF, 0x00AF_9B00_0000_FFFF, 0x00CF_9300_0000_FFFF, 0x00CF_FB00_0000_FFFF, 0x00CF_F300_0000_FFFF, 0x00AF_FB00_0000_FFFF, 0,
        0x0000_8B00_0000_0067, 0, 0x0000_8200_0000_0000, 0, 0, 0, 0, 0x0040_F500_0000_0000,
    ];

    internal static ushort Selector(int local) => (ushort)((local << 3) | 7);

    /// <summary>The segment register that is loaded with a selector; unusable for null and for what cannot be loaded.</summary>
    internal static SegmentState StateOf(ushort selector)
    {
        if ((selector & 4) != 0)
        {
            LiveDescriptor d = Local[selector >> 3];
            return new SegmentState { Base = d.Base, Limit = d.Limit, Selector = selector, Attributes = d.Attributes };
        }

        return (selector | 3) switch
        {
            UserCode32 => new SegmentState { Limit = uint.MaxValue, Selector = selector, Attributes = 0xC0FB },
            UserCode64 => new SegmentState { Limit = uint.MaxValue, Selector = selector, Attributes = 0xA0FB },
            UserData => new SegmentState { Limit = uint.MaxValue, Selector = selector, Attributes = 0xC0F3 },
            _ => new SegmentState { Selector = selector },
        };
    }
}
