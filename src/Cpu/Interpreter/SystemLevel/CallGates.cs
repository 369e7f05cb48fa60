using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>Call gates of 16, 32 and 64 bits (Intel SDM vol. 3A 5.8.3 to 5.8.5).</summary>
internal static class CallGates
{
    /// <summary>
    /// Checks the gate and reads the code segment behind it, up to its privilege. In long mode the gate's second half is added to
    /// <paramref name="gate"/>. A jump may not change privilege.
    /// </summary>
    internal static bool TryRead(InterpreterCore c, int selector, ref Descriptor gate, bool isJump, out Descriptor code)
    {
        code = default;
        if (gate.Dpl < c.Cpl || gate.Dpl < (selector & 3) || (c.IsLongMode && gate.Type != SystemType.CallGate))
        {
            c.Raise(Vector.GP, DescriptorTables.ErrorCode(selector));
            return false;
        }

        if (c.IsLongMode && !DescriptorTables.TryReadSecondHalf(c, selector, Vector.GP, ref gate))
        {
            return false;
        }

        if (!gate.IsPresent)
        {
            c.Raise(Vector.NP, DescriptorTables.ErrorCode(selector));
            return false;
        }

        int target = gate.GateSelector;
        if (!CodeTargets.TryRead(c, target, Vector.GP, out code))
        {
            return false;
        }

        bool wrong = !code.IsCode || code.Dpl > c.Cpl || (isJump && !code.IsConforming && code.Dpl != c.Cpl) || (c.IsLongMode && (!code.IsLong || code.IsBig));
        if (wrong)
        {
            c.Raise(Vector.GP, DescriptorTables.ErrorCode(target));
            return false;
        }

        if (!code.IsPresent)
        {
            c.Raise(Vector.NP, DescriptorTables.ErrorCode(target));
            return false;
        }

        return true;
    }

    /// <summary>CALL through a checked gate: to the same level, or to an inner one with its stack and the parameters copied.</summary>
    internal static bool TryCall(InterpreterCore c, in Descriptor gate, in Descriptor code, ulong nextIp)
    {
        int selector = gate.GateSelector;
        int size = c.IsLongMode ? 8 : (gate.Type & SystemType.Wide) != 0 ? 4 : 2;
        if (code.IsConforming || code.Dpl == c.Cpl)
        {
            StackImage near = new(size);
            near.Add(c.S.Segment[Seg.CS].Selector);
            near.Add(nextIp);
            PushTarget current = PushTarget.Current(c) with { IsFlat64 = c.IsLongMode };
            if (!CodeTargets.TryFinish(c, selector, code, gate.GateOffset) || !near.TryProbe(c, current))
            {
                return false;
            }

            c.Gpr(4) = near.Write(c, current);
            CodeTargets.Enter(c, selector, code, c.Cpl, gate.GateOffset);
            return true;
        }

        int cpl = code.Dpl;
        PushTarget stack;
        if (!(c.IsLongMode ? InnerStacks.TryLong(c, cpl, out stack) : InnerStacks.TryLegacy(c, cpl, out stack))
            || !CodeTargets.TryFinish(c, selector, code, gate.GateOffset))
        {
            return false;
        }

        StackImage frame = new(size);
        frame.Add(c.S.Segment[Seg.SS].Selector);
        frame.Add(c.Gpr(4));
        for (int i = c.IsLongMode ? 0 : gate.GateParameters; i > 0; i--)
        {
            if (!StackPops.TryPeek(c, (i - 1) * size, size, out ulong parameter))
            {
                return false;
            }

            frame.Add(parameter);
        }

        frame.Add(c.S.Segment[Seg.CS].Selector);
        frame.Add(nextIp);
        if (!frame.TryProbe(c, stack))
        {
            return false;
        }

        CodeTargets.Enter(c, selector, code, cpl, gate.GateOffset);
        SegmentRegisters.Set(c, Seg.SS, stack.Segment);
        c.Gpr(4) = frame.Write(c, stack);
        return true;
    }
}
