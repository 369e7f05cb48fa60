using Doppel.Cpu.Interpreter.Core;
using Doppel.X86.Exceptions;

namespace Doppel.Cpu.Interpreter.SystemLevel;

/// <summary>RETF, and the checks it shares with IRET (Intel SDM vol. 2 RET, vol. 3A 5.8.6).</summary>
internal static class FarReturns
{
    /// <summary>RETF with an operand size of 2, 4 or 8 bytes that releases <paramref name="release"/> bytes of parameters. False: an exception was raised.</summary>
    internal static bool Return(InterpreterCore c, int size, int release)
    {
        if (!StackPops.TryPeek(c, 0, size, out ulong ip) || !StackPops.TryPeek(c, size, size, out ulong cs))
        {
            return false;
        }

        if (!c.IsProtected)
        {
            if (!CodeTargets.TryRealModeOffset(c, ip))
            {
                return false;
            }

            StackPops.Release(c, (2 * size) + release);
            CodeTargets.EnterRealMode(c, (ushort)cs, ip);
            return true;
        }

        int selector = (ushort)cs;
        int cpl = selector & 3;
        if (!TryCode(c, selector, out Descriptor code))
        {
            return false;
        }

        if (cpl == c.Cpl)
        {
            if (!CodeTargets.TryFinish(c, selector, code, ip))
            {
                return false;
            }

            StackPops.Release(c, (2 * size) + release);
            CodeTargets.Enter(c, selector, code, cpl, ip);
            return true;
        }

        int above = (2 * size) + release;
        if (!StackPops.TryPeek(c, above, size, out ulong pointer) || !StackPops.TryPeek(c, above + size, size, out ulong ss)
            || !TryOuterStack(c, (ushort)ss, cpl, CodeTargets.Is64Bit(c, code), out SegmentState stack)
            || !CodeTargets.TryFinish(c, selector, code, ip))
        {
            return false;
        }

        CodeTargets.Enter(c, selector, code, cpl, ip);
        SegmentRegisters.Set(c, Seg.SS, stack);
        StackPops.SetPointer(c, pointer + (ulong)release);
        SegmentLoads.DropPrivileged(c);
        return true;
    }

    /// <summary>Reads and checks the code segment that a return leads to, up to its privilege.</summary>
    internal static bool TryCode(InterpreterCore c, int selector, out Descriptor code)
    {
        if (!CodeTargets.TryRead(c, selector, Vector.GP, out code))
        {
            return false;
        }

        int rpl = selector & 3;
        bool wrong = !code.IsCode || rpl < c.Cpl || (code.IsConforming ? code.Dpl > rpl : code.Dpl != rpl) || !CodeTargets.HasValidSize(c, code);
        if (wrong)
        {
            c.Raise(Vector.GP, DescriptorTables.ErrorCode(selector));
            return false;
        }

        // Presence is told before anything of the outer stack.
        if (!code.IsPresent)
        {
            c.Raise(Vector.NP, DescriptorTables.ErrorCode(selector));
            return false;
        }

        return true;
    }

    /// <summary>Checks the stack segment that a return to <paramref name="cpl"/> loads; 64-bit code below level 3 may have a null one.</summary>
    internal static bool TryOuterStack(InterpreterCore c, int selector, int cpl, bool to64Bit, out SegmentState stack)
    {
        if (DescriptorTables.IsNull(selector) && to64Bit && cpl < 3)
        {
            stack = SegmentLoads.NullStack(selector, cpl);
            return true;
        }

        return SegmentLoads.TryStack(c, selector, cpl, Vector.GP, out stack);
    }
}
