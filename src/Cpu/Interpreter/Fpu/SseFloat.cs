using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter.Fpu;

/// <summary>
/// Runs SSE floating-point stubs under the guest's MXCSR. With all exceptions masked the host does everything. Otherwise a trial run with all masked
/// tells which exceptions there are, and the guest's masks decide (Intel SDM vol. 1 11.5.2): an unmasked one leaves the destination alone, and
/// one that comes before the computation (invalid, denormal, zero divide) keeps the later ones from being noted.
/// </summary>
/// <remarks>
/// Unmasked underflow is noted for every tiny result, masked underflow for inexact ones only: a second trial with flush-to-zero finds the tiny ones.
/// The precision flag beside an unmasked overflow or underflow comes from <see cref="SseRange"/>.
/// </remarks>
// SAFETY: contexts and operands are places of the core's own FxArea.
internal static unsafe class SseFloat
{
    private const uint PreComputation = 7;
    private const uint Underflow = 0x10;
    private const uint Overflow = 8;
    private const int MaskShift = 7;

    /// <summary>False: #XM (or #UD) was raised; flags are noted, <paramref name="first"/> is as before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryRun(InterpreterCore c, ref Op op, byte* b, byte* first, byte* second)
    {
        if ((FxLayout.MxcsrOf(b) & FxLayout.MxcsrMasks) == FxLayout.MxcsrMasks)
        {
            HostStubs.Run(ref op, b, first, second);
            return true;
        }

        return TryRunUnmasked(c, ref op, b, first, second);
    }

    private static bool TryRunUnmasked(InterpreterCore c, ref Op op, byte* b, byte* first, byte* second)
    {
        uint mxcsr = FxLayout.MxcsrOf(b);
        uint unmasked = ~(mxcsr >> MaskShift) & FxLayout.MxcsrFlags;
        uint raised = Find(ref op, b, mxcsr, unmasked, first, second);
        byte* trial = b + FxLayout.Trial;
        if ((raised & unmasked) == 0)
        {
            Vector128.Load(FxLayout.XmmAt(trial, 0)).Store(first);
            *(ulong*)(b + FxLayout.Out) = *(ulong*)(trial + FxLayout.Out);
            FxLayout.MxcsrOf(b) = mxcsr | raised;
            return true;
        }

        FxLayout.MxcsrOf(b) = mxcsr | SseRange.Noted(ref op, b, mxcsr, unmasked, raised, first, second);
        c.Raise((c.S.Cr4 & Cr4.OSXMMEXCPT) != 0 ? Vector.XM : Vector.UD);
        return false;
    }

    /// <summary>
    /// Flags that an instruction would raise, those of tiny results among them when underflow is unmasked; the trial context holds its results with all
    /// exceptions masked. Operands stay as they are.
    /// </summary>
    internal static uint Find(ref Op op, byte* b, uint mxcsr, uint unmasked, byte* first, byte* second)
    {
        byte* trial = b + FxLayout.Trial;
        uint settings = (mxcsr | FxLayout.MxcsrMasks) & ~FxLayout.MxcsrFlags;
        if ((unmasked & Underflow) != 0)
        {
            settings &= ~FxLayout.MxcsrFlushToZero; // works with masked underflow only
        }

        uint tiny = 0;
        if ((unmasked & Underflow) != 0)
        {
            tiny = Try(ref op, trial, settings | FxLayout.MxcsrFlushToZero, first, second) & Underflow;
        }

        uint raised = Try(ref op, trial, settings, first, second);
        return (raised & PreComputation & unmasked) == 0 ? raised | tiny : raised;
    }

    /// <summary>Flags to note when an unmasked one of <paramref name="raised"/> ends the instruction, but for precision beside range exceptions.</summary>
    internal static uint Reported(uint raised, uint unmasked) => (raised & unmasked & PreComputation) != 0 ? raised & PreComputation : raised;

    /// <summary>Whether an unmasked overflow or underflow is what ends the instruction.</summary>
    internal static bool LeavesRange(uint raised, uint unmasked) => (raised & unmasked & PreComputation) == 0 && (raised & unmasked & (Overflow | Underflow)) != 0;

    /// <summary>Runs an instruction on a copy of its first operand and tells the flags; the copy is XMM0 of the trial context.</summary>
    internal static uint Try(ref Op op, byte* trial, uint settings, byte* first, byte* second)
    {
        byte* copy = FxLayout.XmmAt(trial, 0);
        *(ulong*)copy = *(ulong*)first;
        *(ulong*)(copy + 8) = *(ulong*)(first + 8);
        FxLayout.MxcsrOf(trial) = settings;
        HostStubs.Run(ref op, trial, copy, second);
        return FxLayout.MxcsrOf(trial) & FxLayout.MxcsrFlags;
    }
}
