using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>The ways that lead to a task switch: far jump or call, task gate in the interrupt table, IRET with NT (Intel SDM vol. 3A 7.3). Not in long mode.</summary>
internal static class TaskGates
{
    /// <summary>Far JMP or CALL to a TSS or task gate whose descriptor was read from <paramref name="selector"/>; the task switch itself, or an exception.</summary>
    internal static bool TryFar(InterpreterCore c, int selector, Descriptor descriptor, bool isCall, ulong nextIp)
    {
        if (c.IsLongMode || descriptor.Dpl < c.Cpl || descriptor.Dpl < (selector & 3))
        {
            c.Raise(Vector.GP, DescriptorTables.ErrorCode(selector));
            return false;
        }

        if (descriptor.Type == SystemType.TaskGate)
        {
            if (!descriptor.IsPresent)
            {
                c.Raise(Vector.NP, DescriptorTables.ErrorCode(selector));
                return false;
            }

            selector = descriptor.GateSelector;
            if (!TryReadTask(c, selector, Vector.GP, out descriptor))
            {
                return false;
            }
        }

        return TryAvailable(c, selector, descriptor)
            && TaskSwitch.Switch(c, selector, descriptor, isCall ? TaskSource.Call : TaskSource.Jump, nextIp, default);
    }

    /// <summary>A task gate in the interrupt table.</summary>
    internal static bool TryInterrupt(InterpreterCore c, in Descriptor gate, in Event e)
    {
        int selector = gate.GateSelector;
        return TryReadTask(c, selector, Vector.GP, out Descriptor task)
            && TryAvailable(c, selector, task)
            && TaskSwitch.Switch(c, selector, task, TaskSource.Interrupt, e.ReturnIp, e);
    }

    /// <summary>IRET with NT set: back to the task in the link field.</summary>
    internal static bool TryNestedReturn(InterpreterCore c, ulong nextIp)
    {
        SegmentState current = c.S.Segment[Seg.TR];
        if (!Words.TryReadSystem(c, (uint)current.Base, 2, out ulong link) || !TryReadTask(c, (int)link, Vector.TS, out Descriptor task))
        {
            return false;
        }

        if (!task.IsSystem || task.Type is not (SystemType.BusyTss or SystemType.BusyTss16))
        {
            c.Raise(Vector.TS, DescriptorTables.ErrorCode((int)link));
            return false;
        }

        if (!task.IsPresent)
        {
            c.Raise(Vector.NP, DescriptorTables.ErrorCode((int)link));
            return false;
        }

        return TaskSwitch.Switch(c, (int)link, task, TaskSource.Return, nextIp, default);
    }

    // A TSS is in the GDT only.
    private static bool TryReadTask(InterpreterCore c, int selector, Vector vector, out Descriptor task)
    {
        if ((selector & 4) == 0)
        {
            return DescriptorTables.TryRead(c, selector, vector, out task);
        }

        task = default;
        c.Raise(vector, DescriptorTables.ErrorCode(selector));
        return false;
    }

    private static bool TryAvailable(InterpreterCore c, int selector, in Descriptor task)
    {
        if (!task.IsSystem || task.Type is not (SystemType.AvailableTss or SystemType.AvailableTss16) || (selector & 4) != 0)
        {
            c.Raise(Vector.GP, DescriptorTables.ErrorCode(selector));
            return false;
        }

        if (!task.IsPresent)
        {
            c.Raise(Vector.NP, DescriptorTables.ErrorCode(selector));
            return false;
        }

        return true;
    }
}
