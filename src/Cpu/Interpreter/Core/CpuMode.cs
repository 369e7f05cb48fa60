using System;

namespace Doppel.Cpu.Interpreter.Core;

/// <summary>What the meaning of code bytes depends on: part of a block's key. Recomputed by <see cref="SegmentRegisters.UpdateMode"/>.</summary>
[Flags]
internal enum CpuMode : byte
{
    /// <summary>16-bit code.</summary>
    None = 0,

    /// <summary>32-bit code segment.</summary>
    Code32 = 1,

    /// <summary>64-bit code segment.</summary>
    Code64 = 2,

    /// <summary>Stack pointer is ESP (SS.B); in 64-bit mode RSP, whatever this says.</summary>
    Stack32 = 4,

    /// <summary>ES, CS, SS and DS have base 0 and reach all of the address space with all rights needed.</summary>
    Flat = 8,

    /// <summary>CR0.PE with EFLAGS.VM clear.</summary>
    Protected = 16,

    /// <summary>Virtual-8086 mode.</summary>
    Virtual8086 = 32,
}
