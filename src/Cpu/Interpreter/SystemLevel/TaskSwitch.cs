using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>What causes a task switch.</summary>
internal enum TaskSource
{
    Jump = 0,
    Call = 1,
    Interrupt = 2,
    Return = 3,
}

/// <summary>
/// Hardware task switches between 16- and 32-bit task state segments (Intel SDM vol. 3A 7.3). Everything up to the commit point faults in the old task
/// with nothing changed; what is found wrong with the new task's segments afterwards is delivered as a fault of its first instruction.
/// </summary>
internal static class TaskSwitch
{
    private const ulong SettableFlags = 0x3F_7FD5;
    private const ulong LocalBreakpoints = 0x155;

    /// <summary>
    /// Switches to the task whose TSS descriptor was found good for <paramref name="source"/>. False: an exception was raised in the old task. True also
    /// when the new task faulted at once: its handler is then at RIP.
    /// </summary>
    internal static bool Switch(InterpreterCore c, int selector, in Descriptor descriptor, TaskSource source, ulong returnIp, in Event e)
    {
        bool wide = (descriptor.Type & SystemType.Wide) != 0;
        SegmentState old = c.S.Segment[Seg.TR];
        bool oldWide = (old.Attributes & SystemType.Wide) != 0;
        uint newBase = (uint)descriptor.Base;
        if (descriptor.Limit < (wide ? TaskState.WideLimit : TaskState.NarrowLimit))
        {
            c.Raise(Vector.TS, DescriptorTables.ErrorCode(selector));
            return false;
        }

        if ((old.Attributes & Attr.Present) == 0 || old.Limit < (oldWide ? TaskState.WideLimit : TaskState.NarrowLimit))
        {
            c.Raise(Vector.TS, DescriptorTables.ErrorCode(old.Selector));
            return false;
        }

        bool nests = source is TaskSource.Call or TaskSource.Interrupt;
        if (!c.Memory.TryProbeWriteSystem((uint)(old.Base + (ulong)TaskState.IpOffset(oldWide)), TaskState.SavedLength(oldWide))
            || !TaskState.TryLoad(c, newBase, wide, out TaskState task)
            || (nests && !c.Memory.TryProbeWriteSystem(newBase, 2))
            || !TryMarkBusy(c, selector, descriptor, source, old))
        {
            return false;
        }

        ulong flags = c.Rflags;
        if (source == TaskSource.Return)
        {
            flags &= ~(ulong)RFlags.NT;
        }
        else if (source == TaskSource.Interrupt)
        {
            flags = InterruptDelivery.FlagsImage(c, e);
        }

        TaskState.Save(c, old.Base, oldWide, returnIp, flags);
        if (nests)
        {
            _ = Words.TryWriteSystem(c, newBase, 2, old.Selector);
            task.Flags |= (uint)RFlags.NT;
        }

        Commit(c, selector, descriptor, wide, task);
        if (!TaskSegments.TryLoadAll(c, task) || !TryPushError(c, wide, e))
        {
            FaultDelivery.DeliverFault(c);
        }

        c.LeaveBlock();
        return true;
    }

    // The new TSS becomes busy unless it was left by a nested call; the old one stays busy while it waits for the new to return.
    private static bool TryMarkBusy(InterpreterCore c, int selector, in Descriptor descriptor, TaskSource source, in SegmentState old)
    {
        if (source is TaskSource.Jump or TaskSource.Return)
        {
            if (!DescriptorTables.TryRead(c, old.Selector, Vector.TS, out Descriptor left)
                || !DescriptorTables.TryWriteType(c, old.Selector, left.WithType(left.Type & ~SystemType.Busy)))
            {
                return false;
            }
        }

        return source == TaskSource.Return || DescriptorTables.TryWriteType(c, selector, descriptor.WithType(descriptor.Type | SystemType.Busy));
    }

    private static void Commit(InterpreterCore c, int selector, in Descriptor descriptor, bool wide, in TaskState task)
    {
        SegmentState register = descriptor.ToSegment(selector);
        register.Attributes |= SystemType.Busy;
        SegmentRegisters.Set(c, Seg.TR, register);
        c.S.Cr0 |= Cr0.TS;
        c.S.Dr[7] &= ~LocalBreakpoints;
        if (wide && (c.S.Cr0 & Cr0.PG) != 0)
        {
            c.S.Cr3 = task.Cr3;
            c.Memory.FlushNonGlobal();
        }

        c.Rip = task.Ip;
        c.Rflags = (task.Flags & SettableFlags) | (ulong)RFlags.Fixed1;
        for (int i = 0; i < 8; i++)
        {
            c.Gpr(i) = wide ? task.General[i] : (c.Gpr(i) & 0xFFFF_0000) | task.General[i];
        }

        if (task.Trap)
        {
            c.S.PendingDebug |= 1UL << 15; // DR6.BT
            c.Attend(Attention.Debug);
        }
    }

    private static bool TryPushError(InterpreterCore c, bool wide, in Event e)
    {
        if (!e.HasErrorCode)
        {
            return true;
        }

        StackImage frame = new(wide ? 4 : 2);
        frame.Add(e.ErrorCode);
        PushTarget stack = PushTarget.Current(c);
        if (!frame.TryProbe(c, stack))
        {
            return false;
        }

        c.Gpr(4) = frame.Write(c, stack);
        return true;
    }
}
