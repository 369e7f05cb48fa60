using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;
using Doppel.X86.Semantics;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>Interrupts through interrupt, trap and task gates: protected, virtual-8086 and long mode (Intel SDM vol. 3A 6.12, 6.14).</summary>
internal static class ProtectedDelivery
{
    private const RFlags ClearedAlways = RFlags.TF | RFlags.VM | RFlags.RF | RFlags.NT;

    internal static bool TryDeliver(InterpreterCore c, in Event e)
    {
        if (!TryReadGate(c, e, out Descriptor gate))
        {
            return false;
        }

        if (gate.Type == SystemType.TaskGate)
        {
            return TaskGates.TryInterrupt(c, gate, e);
        }

        int selector = gate.GateSelector;
        if (!CodeTargets.TryRead(c, selector, Vector.GP, out Descriptor code))
        {
            return false;
        }

        // Interrupts never lead to an outer level; from virtual-8086 mode always to level 0; in long mode always to 64-bit code.
        bool inward = code.IsCode && !code.IsConforming && code.Dpl < c.Cpl;
        int cpl = inward ? code.Dpl : c.Cpl;
        bool wrong = !code.IsCode || code.Dpl > c.Cpl
            || (c.IsVirtual8086 && (!inward || code.Dpl != 0))
            || (c.IsLongMode && (!code.IsLong || code.IsBig));
        if (wrong)
        {
            c.Raise(Vector.GP, DescriptorTables.ErrorCode(selector));
            return false;
        }

        ulong offset = gate.GateOffset;
        if (!TryStack(c, gate, inward, cpl, out PushTarget stack) || !CodeTargets.TryFinish(c, selector, code, offset))
        {
            return false;
        }

        StackImage frame = BuildFrame(c, gate, inward, e);
        if (!frame.TryProbe(c, stack))
        {
            return false;
        }

        Commit(c, gate, selector, code, cpl, inward, frame, stack);
        return true;
    }

    private static bool TryReadGate(InterpreterCore c, in Event e, out Descriptor gate)
    {
        gate = default;
        uint size = c.IsLongMode ? 16u : 8;
        uint at = e.Vector * size;
        if (at + size - 1 > c.S.Idtr.Limit)
        {
            c.Raise(Vector.GP, e.GateError);
            return false;
        }

        ulong linear = Words.Wrap(c, c.S.Idtr.Base + at);
        ulong high = 0;
        if (!c.Memory.TryReadSystem<W64>(linear, out ulong low) || (size == 16 && !c.Memory.TryReadSystem<W64>(linear + 8, out high)))
        {
            return false;
        }

        gate = new Descriptor(low, (uint)high);
        bool known = gate.IsSystem && (gate.Type is SystemType.InterruptGate or SystemType.TrapGate
            || (!c.IsLongMode && gate.Type is SystemType.TaskGate or SystemType.InterruptGate16 or SystemType.TrapGate16));
        if (!known || (e.IsSoftware && gate.Dpl < c.Cpl))
        {
            c.Raise(Vector.GP, e.GateError);
            return false;
        }

        if (!gate.IsPresent)
        {
            c.Raise(Vector.NP, e.GateError);
            return false;
        }

        return true;
    }

    private static bool TryStack(InterpreterCore c, in Descriptor gate, bool inward, int cpl, out PushTarget stack)
    {
        if (!c.IsLongMode)
        {
            stack = PushTarget.Current(c);
            return !inward || InnerStacks.TryLegacy(c, cpl, out stack);
        }

        bool found = true;
        if (gate.GateStack != 0)
        {
            found = InnerStacks.TryInterruptStack(c, gate.GateStack, cpl, out stack);
        }
        else if (inward)
        {
            found = InnerStacks.TryLong(c, cpl, out stack);
        }
        else
        {
            stack = PushTarget.Current(c) with { IsFlat64 = true };
        }

        // Long mode aligns the frame (Intel SDM vol. 3A 6.14.2).
        stack = stack with { Pointer = stack.Pointer & ~0xFUL };
        return found;
    }

    private static StackImage BuildFrame(InterpreterCore c, in Descriptor gate, bool inward, in Event e)
    {
        StackImage frame = new(c.IsLongMode ? 8 : (gate.Type & SystemType.Wide) != 0 ? 4 : 2);
        if (c.IsVirtual8086)
        {
            frame.Add(c.S.Segment[Seg.GS].Selector);
            frame.Add(c.S.Segment[Seg.FS].Selector);
            frame.Add(c.S.Segment[Seg.DS].Selector);
            frame.Add(c.S.Segment[Seg.ES].Selector);
        }

        if (inward || c.IsLongMode)
        {
            frame.Add(c.S.Segment[Seg.SS].Selector);
            frame.Add(c.Gpr(4));
        }

        frame.Add(InterruptDelivery.FlagsImage(c, e));
        frame.Add(c.S.Segment[Seg.CS].Selector);
        frame.Add(e.ReturnIp);
        if (e.HasErrorCode)
        {
            frame.Add(e.ErrorCode);
        }

        return frame;
    }

    private static void Commit(InterpreterCore c, in Descriptor gate, int selector, in Descriptor code, int cpl, bool inward, in StackImage frame, in PushTarget stack)
    {
        bool wasVirtual8086 = c.IsVirtual8086;
        RFlags cleared = (gate.Type & 1) == 0 ? ClearedAlways | RFlags.IF : ClearedAlways;
        c.SystemFlags &= ~(ulong)cleared;
        CodeTargets.Enter(c, selector, code, cpl, gate.GateOffset);
        if (inward)
        {
            SegmentRegisters.Set(c, Seg.SS, stack.Segment);
        }

        c.Gpr(4) = frame.Write(c, stack);
        if (wasVirtual8086)
        {
            SegmentRegisters.Set(c, Seg.ES, SegmentLoads.Null(0));
            SegmentRegisters.Set(c, Seg.DS, SegmentLoads.Null(0));
            SegmentRegisters.Set(c, Seg.FS, SegmentLoads.Null(0));
            SegmentRegisters.Set(c, Seg.GS, SegmentLoads.Null(0));
        }
    }
}
