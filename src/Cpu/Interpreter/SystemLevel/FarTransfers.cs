using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>Far JMP and CALL (Intel SDM vol. 2 CALL, JMP; vol. 3A 5.8). All return false when an exception was raised and nothing changed.</summary>
internal static class FarTransfers
{
    /// <summary>JMP ptr16:16/32 or m16:16/32/64.</summary>
    /// <param name="c">The processor.</param>
    /// <param name="selector">Target selector (segment in real mode).</param>
    /// <param name="offset">Target offset, zero-extended from the operand size.</param>
    /// <param name="nextIp">Next instruction, saved when the jump switches tasks.</param>
    internal static bool Jump(InterpreterCore c, ushort selector, ulong offset, ulong nextIp)
    {
        if (!c.IsProtected)
        {
            if (!CodeTargets.TryRealModeOffset(c, offset))
            {
                return false;
            }

            CodeTargets.EnterRealMode(c, selector, offset);
            return true;
        }

        if (!CodeTargets.TryRead(c, selector, Vector.GP, out Descriptor d))
        {
            return false;
        }

        if (!d.IsSystem)
        {
            if (!TryDirect(c, selector, d) || !CodeTargets.TryFinish(c, selector, d, offset))
            {
                return false;
            }

            CodeTargets.Enter(c, selector, d, c.Cpl, offset);
            return true;
        }

        switch (d.Type)
        {
            case SystemType.AvailableTss16 or SystemType.BusyTss16 or SystemType.AvailableTss or SystemType.BusyTss or SystemType.TaskGate:
                return TaskGates.TryFar(c, selector, d, isCall: false, nextIp);
            case SystemType.CallGate or SystemType.CallGate16:
                if (!CallGates.TryRead(c, selector, ref d, isJump: true, out Descriptor code) || !CodeTargets.TryFinish(c, d.GateSelector, code, d.GateOffset))
                {
                    return false;
                }

                CodeTargets.Enter(c, d.GateSelector, code, c.Cpl, d.GateOffset);
                return true;
            default:
                c.Raise(Vector.GP, DescriptorTables.ErrorCode(selector));
                return false;
        }
    }

    /// <summary>CALL ptr16:16/32 or m16:16/32/64 with an operand size of 2, 4 or 8 bytes.</summary>
    internal static bool Call(InterpreterCore c, ushort selector, ulong offset, int size, ulong nextIp)
    {
        Descriptor d = default;
        if (!c.IsProtected)
        {
            if (!CodeTargets.TryRealModeOffset(c, offset) || !TryPushReturn(c, size, nextIp))
            {
                return false;
            }

            CodeTargets.EnterRealMode(c, selector, offset);
            return true;
        }

        if (!CodeTargets.TryRead(c, selector, Vector.GP, out d))
        {
            return false;
        }

        if (!d.IsSystem)
        {
            // AMD's processors look at the stack before they look at the offset.
            if (!TryDirect(c, selector, d) || (c.IsAmd && !TryProbeReturn(c, size)) || !CodeTargets.TryFinish(c, selector, d, offset) || !TryPushReturn(c, size, nextIp))
            {
                return false;
            }

            CodeTargets.Enter(c, selector, d, c.Cpl, offset);
            return true;
        }

        switch (d.Type)
        {
            case SystemType.AvailableTss16 or SystemType.BusyTss16 or SystemType.AvailableTss or SystemType.BusyTss or SystemType.TaskGate:
                return TaskGates.TryFar(c, selector, d, isCall: true, nextIp);
            case SystemType.CallGate or SystemType.CallGate16:
                return CallGates.TryRead(c, selector, ref d, isJump: false, out Descriptor code) && CallGates.TryCall(c, d, code, nextIp);
            default:
                c.Raise(Vector.GP, DescriptorTables.ErrorCode(selector));
                return false;
        }
    }

    private static bool TryProbeReturn(InterpreterCore c, int size)
    {
        StackImage frame = new(size);
        frame.Add(0);
        frame.Add(0);
        return frame.TryProbe(c, PushTarget.Current(c));
    }

    /// <summary>Pushes CS and the return address on the current stack. Nothing can fail behind it.</summary>
    internal static bool TryPushReturn(InterpreterCore c, int size, ulong nextIp)
    {
        StackImage frame = new(size);
        frame.Add(c.S.Segment[Seg.CS].Selector);
        frame.Add(nextIp);
        PushTarget stack = PushTarget.Current(c);
        if (!frame.TryProbe(c, stack))
        {
            return false;
        }

        c.Gpr(4) = frame.Write(c, stack);
        return true;
    }

    // A code segment named directly: never a change of privilege. Its presence, but not yet the offset.
    private static bool TryDirect(InterpreterCore c, int selector, in Descriptor code)
    {
        bool wrong = !code.IsCode
            || (code.IsConforming ? code.Dpl > c.Cpl : (selector & 3) > c.Cpl || code.Dpl != c.Cpl)
            || !CodeTargets.HasValidSize(c, code);
        if (wrong)
        {
            c.Raise(Vector.GP, DescriptorTables.ErrorCode(selector));
            return false;
        }

        if (!code.IsPresent)
        {
            c.Raise(Vector.NP, DescriptorTables.ErrorCode(selector));
            return false;
        }

        return true;
    }
}
