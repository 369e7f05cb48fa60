using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>MOV to and from debug registers (Intel SDM vol. 3B 17.2). What the breakpoints do is the run loop's; it looks again after a write.</summary>
internal static class DebugRegisterMoves
{
    private const ulong Dr6Writable = 0xE00F;
    private const ulong Dr6Ones = 0xFFFF_0FF0;
    private const ulong Dr6AccessDetected = 1 << 13;
    private const ulong Dr7Writable = 0xFFFF_23FF;
    private const ulong Dr7Ones = 0x400;
    private const ulong Dr7GeneralDetect = 1 << 13;

    /// <summary>MOV r, DRn. False: an exception was raised.</summary>
    internal static bool Read(InterpreterCore c, int number, out ulong value)
    {
        value = 0;
        if (!TryUse(c, ref number))
        {
            return false;
        }

        value = c.S.Dr[number];
        return true;
    }

    /// <summary>MOV DRn, r. False: an exception was raised.</summary>
    internal static bool Write(InterpreterCore c, int number, ulong value)
    {
        if (!TryUse(c, ref number))
        {
            return false;
        }

        value = c.Is64Bit ? value : (uint)value;
        if (number >= 6 && value >> 32 != 0)
        {
            return Privilege.Fault(c, Vector.GP);
        }

        c.S.Dr[number] = number switch
        {
            6 => (value & Dr6Writable) | Dr6Ones,
            7 => (value & Dr7Writable) | Dr7Ones,
            _ => value,
        };
        c.LeaveBlock();
        return true;
    }

    // DR4 and DR5 stand for DR6 and DR7 unless CR4.DE makes them undefined.
    private static bool TryUse(InterpreterCore c, ref int number)
    {
        if (number is 4 or 5)
        {
            if ((c.S.Cr4 & Cr4.DE) != 0)
            {
                return Privilege.Fault(c, Vector.UD);
            }

            number += 2;
        }

        if (number > 7)
        {
            return Privilege.Fault(c, Vector.UD);
        }

        if (!Privilege.TrySupervisor(c))
        {
            return false;
        }

        if ((c.S.Dr[7] & Dr7GeneralDetect) != 0)
        {
            c.S.Dr[6] |= Dr6AccessDetected;
            return Privilege.Fault(c, Vector.DB);
        }

        return true;
    }
}
