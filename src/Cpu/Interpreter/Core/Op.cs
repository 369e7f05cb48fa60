using System.Runtime.InteropServices;

namespace Doppel.Cpu.Interpreter.Core;

/// <summary>
/// One decoded guest instruction, ready to run. Registers are named by their byte offset in the register file, so that AH to BH are places like any
/// other. Memory operands are base + (index &lt;&lt; scale) + displacement, masked to the address size; absent registers point at a register that is
/// always zero, and RIP-relative operands are absolute (blocks are keyed by their address).
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Op
{
    // SAFETY: always a static handler method of this project, set by the lowering; never null in a finished block.
    internal delegate*<InterpreterCore, ref Op, void> Handler;

    /// <summary>Immediate, already extended as the instruction wants; or a second small operand of the handler's choice.</summary>
    internal ulong Immediate;

    /// <summary>Displacement of the memory operand, sign-extended; or a branch target.</summary>
    internal ulong Displacement;

    /// <summary>Instruction pointer of the next instruction, truncated to the code size.</summary>
    internal ulong NextIp;

    /// <summary>ANDed to the offset: address size 16, 32 or 64 bits.</summary>
    internal ulong AddressMask;

    /// <summary>Register file offset of the base register.</summary>
    internal byte Base;

    /// <summary>Register file offset of the index register.</summary>
    internal byte Index;

    /// <summary>Shift of the index, 0 to 3.</summary>
    internal byte Scale;

    /// <summary>Segment number 0 to 5, or <see cref="Flat"/>: offset is linear address.</summary>
    internal byte Segment;

    /// <summary>Register file offset of the first register operand (or an XMM, MMX, ST number).</summary>
    internal byte Reg;

    /// <summary>Register file offset of the second register operand (or an XMM, MMX, ST number).</summary>
    internal byte Reg2;

    /// <summary>Instruction length in bytes.</summary>
    internal byte Length;

    /// <summary>Position in its block: instructions before it in the block.</summary>
    internal byte Position;

    /// <summary>Value of <see cref="Segment"/> for operands that need no segment base or limit.</summary>
    internal const byte Flat = 0xFF;

    /// <summary>As <see cref="Flat"/>, for operands of the stack segment in 64-bit mode: non-canonical addresses raise #SS there.</summary>
    internal const byte FlatStack = 0xFE;

    /// <summary>Whether the operand's offset is its linear address.</summary>
    internal readonly bool IsFlat => Segment >= FlatStack;
}
