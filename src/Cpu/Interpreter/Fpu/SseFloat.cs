using System.Runtime.CompilerServices;
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
/// Not exact: the sticky precision flag beside an unmasked overflow or underflow is that of the masked result.
/// </remarks>
// SAFETY: contexts and operands are places of the core's own FxArea.
internal static unsafe class SseFloat
{
    private const uint PreComputation = 7;
    private const uint Underflow = 0x10;
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
        uint settings = (mxcsr | FxLayout.MxcsrMasks) & ~FxLayout.MxcsrFlags;
        if ((unmasked & Underflow) != 0)
        {
            settings &= ~FxLayout.MxcsrFlushToZero; // works with masked underflow only
        }

        byte* trial = b + FxLayout.Trial;
        uint raised = Try(ref op, trial, settings, first, second);
        ulong low = *(ulong*)FxLayout.XmmAt(trial, 0);
        ulong high = *(ulong*)(FxLayout.XmmAt(trial, 0) + 8);
        ulong result = *(ulong*)(trial + FxLayout.Out);
        if ((unmasked & Underflow) != 0 && (raised & PreComputation & unmasked) == 0)
        {
            raised |= Try(ref op, trial, settings | FxLayout.MxcsrFlushToZero, first, second) & Underflow;
        }

        if ((raised & unmasked) == 0)
        {
            *(ulong*)first = low;
            *(ulong*)(first + 8) = high;
            *(ulong*)(b + FxLayout.Out) = result;
            FxLayout.MxcsrOf(b) = mxcsr | raised;
            return true;
        }

        FxLayout.MxcsrOf(b) = mxcsr | ((raised & unmasked & PreComputation) != 0 ? raised & PreComputation : raised);
        c.Raise((c.S.Cr4 & Cr4.OSXMMEXCPT) != 0 ? Vector.XM : Vector.UD);
        return false;
    }

    private static uint Try(ref Op op, byte* trial, uint settings, byte* first, byte* second)
    {
        byte* copy = FxLayout.XmmAt(trial, 0);
        *(ulong*)copy = *(ulong*)first;
        *(ulong*)(copy + 8) = *(ulong*)(first + 8);
        FxLayout.MxcsrOf(trial) = settings;
        HostStubs.Run(ref op, trial, copy, second);
        return FxLayout.MxcsrOf(trial) & FxLayout.MxcsrFlags;
    }
}
