using System;

namespace Doppel.Cpu.Interpreter.Fpu;

/// <summary>What an emitted stub does around its one guest instruction. Arguments: RDI context, RSI first operand, RDX second operand.</summary>
[Flags]
internal enum StubParts : ushort
{
    /// <summary>The instruction alone, its memory operand at RDX.</summary>
    None = 0,

    /// <summary>The context's whole x87 state around it.</summary>
    X87 = 1 << 0,

    /// <summary>The context's MXCSR around it.</summary>
    Mxcsr = 1 << 1,

    /// <summary>XMM0 is loaded from RSI.</summary>
    LoadXmm = 1 << 2,

    /// <summary>XMM0 is stored to RSI.</summary>
    StoreXmm = 1 << 3,

    /// <summary>MM0 is loaded from RSI.</summary>
    LoadMm = 1 << 4,

    /// <summary>MM0 is stored to RSI.</summary>
    StoreMm = 1 << 5,

    /// <summary>The second operand is a register by its nature: XMM1, loaded from RDX.</summary>
    SourceXmm = 1 << 6,

    /// <summary>The second operand is a register by its nature: MM1, loaded from RDX.</summary>
    SourceMm = 1 << 7,

    /// <summary>The first operand is RAX, stored to the context.</summary>
    ResultRax = 1 << 8,

    /// <summary>RFLAGS is loaded from the context before.</summary>
    FlagsIn = 1 << 9,

    /// <summary>RFLAGS is stored to the context after.</summary>
    FlagsOut = 1 << 10,

    /// <summary>The first operand is XMM1, and XMM0 is the guest's XMM0 (variable blends).</summary>
    Blend = 1 << 11,

    /// <summary>RAX, RDX in; RCX, XMM0 and RFLAGS out (string compares).</summary>
    Text = 1 << 12,
}
