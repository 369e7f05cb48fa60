namespace Doppel.Agreement.Tests.Live;

/// <summary>Where things stand in the file that tests and host stub share, and in the address space of a case. Offsets in bytes.</summary>
internal static class CaseLayout
{
    /// <summary>Stack pointers of 16-bit stacks start with this: IRETQ leaves the upper part of the host program's own.</summary>
    internal const uint NarrowStack = 0x40_0000;

    internal const int WindowAt = 0x1000_0000;
    internal const int WindowLength = 0x1000;
    internal const int CodeAt = 0x2000_0000;
    internal const int CodePageLength = 0x1000;
    internal const int CodeOffset = 0x800;
    internal const uint CodeStart = CodeAt + CodeOffset;

    internal const int SharedAt = 0x4000_0000;
    internal const int BatchCases = 150;
    internal const int OutputsAt = BatchCases * InputStride;
    internal const int SharedLength = (OutputsAt + BatchCases * OutputStride + 0xFFF) & ~0xFFF;

    // One case on its way in.
    internal const int InputStride = 0x400;
    internal const int Registers = 0;
    internal const int Rip = 0x80;
    internal const int Flags = 0x88;
    internal const int Steps = 0x98;
    internal const int Code = 0xA0;
    internal const int Selectors = 0xB0;

    /// <summary>In the first case only: the number of the one that runs.</summary>
    internal const int Running = 0xF8;
    internal const int Pattern = 0x100;
    internal const int PatternLength = 0x100;
    internal const int Fx = 0x200;

    // And on its way out: the kernel's registers, FXSAVE area, window.
    internal const int OutputStride = 0x1400;
    internal const int OutSelectors = 0xC0;
    internal const int OutFx = 0x200;
    internal const int OutMemory = 0x400;
    internal const int HostRegisters = 23;
    internal const int HostRip = 16;
    internal const int HostFlags = 17;
    internal const int HostSelectors = 18;
    internal const int HostError = 19;
    internal const int HostTrap = 20;
    internal const int HostCr2 = 22;
}
