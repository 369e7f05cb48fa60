using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>Checks that many system instructions begin with. False: an exception was raised.</summary>
internal static class Privilege
{
    /// <summary>CPL must be 0: #GP(0).</summary>
    internal static bool TrySupervisor(InterpreterCore c) => c.Cpl == 0 || Fault(c, Vector.GP);

    /// <summary>Protected mode, not virtual-8086 mode: #UD.</summary>
    internal static bool TryProtected(InterpreterCore c) => c.IsProtected || Fault(c, Vector.UD);

    /// <summary>Not at CPL above 0 while user-mode instruction prevention is on: #GP(0).</summary>
    internal static bool TryUnprevented(InterpreterCore c) => c.Cpl == 0 || (c.S.Cr4 & Cr4.UMIP) == 0 || Fault(c, Vector.GP);

    /// <summary>Raises an exception with error code 0 and returns false.</summary>
    internal static bool Fault(InterpreterCore c, Vector vector)
    {
        c.Raise(vector);
        return false;
    }
}
