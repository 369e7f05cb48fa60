using System.Runtime.CompilerServices;
using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter.Fpu;

/// <summary>
/// Whether control registers and pending errors let an instruction of a unit run (Intel SDM vol. 3A 2.5, 13.1). False: an exception was raised.
/// An x87 error is always reported as #MF: with CR0.NE clear a PC reports it by FERR# and interrupt 13, and the board has no such pin.
/// </summary>
// SAFETY: reads the core's own FXSAVE image, which lives as long as the core.
internal static unsafe class FpuGate
{
    /// <summary>x87 instructions that report pending errors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool X87(InterpreterCore c) =>
        (c.S.Cr0 & (Cr0.EM | Cr0.TS)) == 0 && !FxLayout.IsErrorPending(c.Fx.Base) ? true : RefuseX87(c);

    /// <summary>x87 control instructions that do not wait, and FXSAVE, FXRSTOR.</summary>
    internal static bool X87Quiet(InterpreterCore c)
    {
        if ((c.S.Cr0 & (Cr0.EM | Cr0.TS)) == 0)
        {
            return true;
        }

        c.Raise(Vector.NM);
        return false;
    }

    /// <summary>FWAIT.</summary>
    internal static bool Wait(InterpreterCore c)
    {
        if ((c.S.Cr0 & (Cr0.MP | Cr0.TS)) == (Cr0.MP | Cr0.TS))
        {
            c.Raise(Vector.NM);
            return false;
        }

        return NoPendingError(c);
    }

    /// <summary>MMX instructions.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Mmx(InterpreterCore c) =>
        (c.S.Cr0 & (Cr0.EM | Cr0.TS)) == 0 && !FxLayout.IsErrorPending(c.Fx.Base) ? true : RefuseMmx(c);

    /// <summary>SSE instructions, LDMXCSR and STMXCSR among them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Sse(InterpreterCore c) =>
        ((c.S.Cr0 & (Cr0.EM | Cr0.TS)) | (~c.S.Cr4 & Cr4.OSFXSR)) == 0 ? true : RefuseSse(c);

    /// <summary>SSE instructions that use MMX registers ask this too.</summary>
    internal static bool NoPendingError(InterpreterCore c)
    {
        if (!FxLayout.IsErrorPending(c.Fx.Base))
        {
            return true;
        }

        c.Raise(Vector.MF);
        return false;
    }

    private static bool RefuseX87(InterpreterCore c)
    {
        c.Raise((c.S.Cr0 & (Cr0.EM | Cr0.TS)) != 0 ? Vector.NM : Vector.MF);
        return false;
    }

    private static bool RefuseMmx(InterpreterCore c)
    {
        c.Raise((c.S.Cr0 & Cr0.EM) != 0 ? Vector.UD : (c.S.Cr0 & Cr0.TS) != 0 ? Vector.NM : Vector.MF);
        return false;
    }

    private static bool RefuseSse(InterpreterCore c)
    {
        c.Raise((c.S.Cr0 & Cr0.EM) != 0 || (c.S.Cr4 & Cr4.OSFXSR) == 0 ? Vector.UD : Vector.NM);
        return false;
    }
}
