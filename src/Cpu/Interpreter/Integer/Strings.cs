using System;
using System.Threading;
using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.Memory;
using Doppel.X86.Registers;
using Doppel.X86.Semantics;
using unsafe Handler = delegate*<Doppel.Cpu.Interpreter.Core.InterpreterCore, ref Doppel.Cpu.Interpreter.Core.Op, void>;

namespace Doppel.Cpu.Interpreter.Integer;

/// <summary>Repeat prefix of a string instruction.</summary>
internal enum Repeat
{
    /// <summary>Once.</summary>
    None = 0,

    /// <summary>REP, or REPE where flags matter.</summary>
    WhileEqual = 1,

    /// <summary>REPNE.</summary>
    WhileNotEqual = 2,
}

/// <summary>
/// MOVS, STOS, LODS, CMPS, SCAS. Immediate holds the <see cref="Repeat"/>; Segment is the source's. Repeated forms stop at the instruction budget and
/// go on later: each completed iteration counts as one retired instruction. They stand at the end of their block.
/// </summary>
// SAFETY: handler addresses are used as Op.Handler documents; host pointers of runs are formed by TryRun from live TLB entries.
internal static unsafe class Strings
{
    private const byte Rax = 0;
    private const byte Rcx = 8;
    private const byte Rsi = 48;
    private const byte Rdi = 56;

    internal enum Kind
    {
        Movs,
        Stos,
        Lods,
        Cmps,
        Scas,
    }

    internal static Handler Select(Kind kind, int bits, int addressBits) => bits switch
    {
        8 => Select<W8>(kind, addressBits),
        16 => Select<W16>(kind, addressBits),
        32 => Select<W32>(kind, addressBits),
        _ => Select<W64>(kind, addressBits),
    };

    private static Handler Select<W>(Kind kind, int addressBits)
        where W : struct, IWidth => addressBits switch
        {
            16 => Select<W, W16>(kind),
            32 => Select<W, W32>(kind),
            _ => Select<W, W64>(kind),
        };

    private static Handler Select<W, TAddress>(Kind kind)
        where W : struct, IWidth
        where TAddress : struct, IWidth => kind switch
        {
            Kind.Movs => &Repeated<MoveStep<W, TAddress>, TAddress>,
            Kind.Stos => &Repeated<StoreStep<W, TAddress>, TAddress>,
            Kind.Lods => &Repeated<LoadStep<W, TAddress>, TAddress>,
            Kind.Cmps => &Repeated<CompareStep<W, TAddress>, TAddress>,
            _ => &Repeated<ScanStep<W, TAddress>, TAddress>,
        };

    /// <summary>Runs one iteration, or as many as count, budget and faults allow.</summary>
    internal static void Repeated<TStep, TAddress>(InterpreterCore c, ref Op op)
        where TStep : struct, IStringStep
        where TAddress : struct, IWidth
    {
        if (op.Immediate == (ulong)Repeat.None)
        {
            _ = TStep.TryStep(c, ref op, 1);
            return;
        }

        ulong count = RegisterAccess.Read<TAddress>(ref c.Regs, Rcx);
        bool keepsFlags = TStep.Compares && !c.IsAmd;
        if (!c.IsAmd)
        {
            RegisterAccess.Write<TAddress>(ref c.Regs, Rcx, count);
            TStep.Begin(c);
        }

        if (count == 0)
        {
            return; // counts as one retired instruction
        }

        // On Intel's processors the comparisons of a repetition show in RFLAGS when it has ended: a fault or an interrupt on the way finds the flags
        // of before (Intel SDM vol. 2B, REP). On AMD's it finds those of the last round.
        ArithmeticFlags before = c.Flags;
        ulong budget = Math.Max(1, c.RetireLimit - c.RetiredBefore - (ulong)c.CurrentPosition);
        ulong done = 0;
        bool ended = false;
        while (!ended && done < budget && count != 0)
        {
            ulong now = TStep.TryStep(c, ref op, Math.Min(count, budget - done));
            if (now == 0)
            {
                // A fault: what was done stays done and counted, RIP stays at the instruction (Intel SDM vol. 2, REP).
                if (keepsFlags)
                {
                    c.Flags = before;
                }

                return;
            }

            // Counted at once: the bus sees the iterations before its own (docs/design/counting.md).
            c.RetiredBefore += now;
            done += now;
            count -= now;
            RegisterAccess.Write<TAddress>(ref c.Regs, Rcx, count);
            ended = count == 0 || (TStep.Compares && c.Flags.Zero != (op.Immediate == (ulong)Repeat.WhileEqual));
            if ((c.Stop & StopFlags.After) != 0 || (Volatile.Read(ref c.AttentionBits) & (int)(Attention.Kick | Attention.Stop)) != 0)
            {
                break;
            }
        }

        if (ended)
        {
            c.RetiredBefore--; // the last one is counted as the instruction
        }
        else
        {
            c.Stop |= StopFlags.Repeat;
            if (keepsFlags)
            {
                c.Flags = before;
            }
        }
    }

    /// <summary>Bytes to move an index register by after one iteration.</summary>
    internal static ulong Step<W>(InterpreterCore c)
        where W : struct, IWidth => (c.SystemFlags & (ulong)RFlags.DF) != 0 ? (ulong)-(W.Bits / 8) : (ulong)(W.Bits / 8);

    internal static void Advance<TAddress>(InterpreterCore c, byte register, ulong by)
        where TAddress : struct, IWidth =>
        RegisterAccess.Write<TAddress>(ref c.Regs, register, RegisterAccess.Read<TAddress>(ref c.Regs, register) + by);

    internal static bool TrySource<W, TAddress>(InterpreterCore c, ref Op op, out ulong linear)
        where W : struct, IWidth
        where TAddress : struct, IWidth
    {
        linear = RegisterAccess.Read<TAddress>(ref c.Regs, Rsi);
        return op.Segment == Op.Flat || Operand.TrySegment(c, ref op, linear, (uint)W.Bits / 8, write: false, out linear);
    }

    internal static bool TryDestination<W, TAddress>(InterpreterCore c, bool write, out ulong linear)
        where W : struct, IWidth
        where TAddress : struct, IWidth
    {
        linear = RegisterAccess.Read<TAddress>(ref c.Regs, Rdi);
        return (c.Mode & CpuMode.Flat) != 0 || SegmentRegisters.TryLinear(c, Seg.ES, linear, (uint)W.Bits / 8, write, out linear);
    }

    /// <summary>
    /// How many elements lie ascending in one page from a linear address, if the TLB has the page for this access and flat addressing makes further
    /// segment checks needless; 0 when the element must go the ordinary way.
    /// </summary>
    internal static ulong Run<W>(InterpreterCore c, bool flat, ulong linear, bool write, ulong wanted, out byte* at)
        where W : struct, IWidth
    {
        at = null;
        if (!flat || wanted < 2 || (c.SystemFlags & (ulong)RFlags.DF) != 0)
        {
            return 0;
        }

        TlbEntry* entry = c.Memory.Tlb.At(linear);
        if ((linear & ~0xFFFUL) != (write ? entry->WriteTag : entry->ReadTag))
        {
            return 0;
        }

        at = (byte*)((nint)linear + entry->Addend);
        return Math.Min(wanted, (0x1000 - (linear & 0xFFF)) / (ulong)(W.Bits / 8));
    }

    /// <summary>
    /// How many elements from <paramref name="offset"/> on lie inside their segment, beyond doubt, before the pointer wraps.
    /// </summary>
    internal static ulong Reach<W, TAddress>(InterpreterCore c, int segment, bool flat, ulong offset, bool write)
        where W : struct, IWidth
        where TAddress : struct, IWidth
    {
        ulong end = TAddress.Bits == 16 ? 0x1_0000 : TAddress.Bits == 32 ? 0x1_0000_0000 : ulong.MaxValue;
        if (!flat)
        {
            ref SegmentReach reach = ref c.Reach[segment];
            end = (c.Mode & CpuMode.Code64) != 0 ? 0 : Math.Min(end, write ? reach.WriteEnd : reach.ReadEnd);
        }

        return offset < end ? (end - offset) / (ulong)(W.Bits / 8) : 0;
    }

    private readonly struct MoveStep<W, TAddress> : IStringStep
        where W : struct, IWidth
        where TAddress : struct, IWidth
    {
        public static bool Compares => false;

        public static void Begin(InterpreterCore c)
        {
            Advance<TAddress>(c, Rsi, 0);
            Advance<TAddress>(c, Rdi, 0);
        }

        public static ulong TryStep(InterpreterCore c, ref Op op, ulong wanted)
        {
            if (!TrySource<W, TAddress>(c, ref op, out ulong source))
            {
                return 0;
            }

            if (!TryDestination<W, TAddress>(c, write: true, out ulong destination))
            {
                _ = c.Memory.TryRead<W>(source, out _); // its page fault comes first
                return 0;
            }

            ulong size = (ulong)(W.Bits / 8);
            bool flat = op.IsFlat && (c.Mode & CpuMode.Flat) != 0;
            ulong run = Run<W>(c, flat, source, write: false, wanted, out byte* from);
            run = Math.Min(run, Run<W>(c, flat, destination, write: true, wanted, out byte* to));
            if (run > 1 && (to <= from || to >= from + (run * size)))
            {
                Buffer.MemoryCopy(from, to, run * size, run * size);
            }
            else
            {
                run = 1;
                if (!c.Memory.TryRead<W>(source, out ulong value) || !c.Memory.TryWrite<W>(destination, value))
                {
                    return 0;
                }

                size = Step<W>(c);
            }

            Advance<TAddress>(c, Rsi, run * size);
            Advance<TAddress>(c, Rdi, run * size);
            return run;
        }
    }

    private readonly struct StoreStep<W, TAddress> : IStringStep
        where W : struct, IWidth
        where TAddress : struct, IWidth
    {
        public static bool Compares => false;

        public static void Begin(InterpreterCore c) => Advance<TAddress>(c, Rdi, 0);

        public static ulong TryStep(InterpreterCore c, ref Op op, ulong wanted)
        {
            if (!TryDestination<W, TAddress>(c, write: true, out ulong destination))
            {
                return 0;
            }

            ulong size = (ulong)(W.Bits / 8);
            ulong value = RegisterAccess.Read<W>(ref c.Regs, Rax);
            ulong run = Run<W>(c, (c.Mode & CpuMode.Flat) != 0, destination, write: true, wanted, out byte* to);
            if (run > 1)
            {
                Fill<W>(to, (int)run, value);
            }
            else
            {
                run = 1;
                if (!c.Memory.TryWrite<W>(destination, value))
                {
                    return 0;
                }

                size = Step<W>(c);
            }

            Advance<TAddress>(c, Rdi, run * size);
            return run;
        }

    }

    private static void Fill<W>(byte* to, int count, ulong value)
        where W : struct, IWidth
    {
        switch (W.Bits)
        {
            case 8:
                new Span<byte>(to, count).Fill((byte)value);
                break;
            case 16:
                new Span<ushort>(to, count).Fill((ushort)value);
                break;
            case 32:
                new Span<uint>(to, count).Fill((uint)value);
                break;
            default:
                new Span<ulong>(to, count).Fill(value);
                break;
        }
    }

    private readonly struct LoadStep<W, TAddress> : IStringStep
        where W : struct, IWidth
        where TAddress : struct, IWidth
    {
        public static bool Compares => false;

        public static ulong TryStep(InterpreterCore c, ref Op op, ulong wanted)
        {
            if (!TrySource<W, TAddress>(c, ref op, out ulong source) || !c.Memory.TryRead<W>(source, out ulong value))
            {
                return 0;
            }

            RegisterAccess.Write<W>(ref c.Regs, Rax, value);
            Advance<TAddress>(c, Rsi, Step<W>(c));
            return 1;
        }
    }

    private readonly struct CompareStep<W, TAddress> : IStringStep
        where W : struct, IWidth
        where TAddress : struct, IWidth
    {
        public static bool Compares => true;

        public static ulong TryStep(InterpreterCore c, ref Op op, ulong wanted)
        {
            // The second operand is read first, as processors do: it is its fault that shows when both would.
            if (!TryDestination<W, TAddress>(c, write: false, out ulong destination) || !c.Memory.TryRead<W>(destination, out ulong right)
                || !TrySource<W, TAddress>(c, ref op, out ulong source) || !c.Memory.TryRead<W>(source, out ulong left))
            {
                return 0;
            }

            _ = CmpOperation.Apply<W>(ref c.Flags, left, right);
            Advance<TAddress>(c, Rsi, Step<W>(c));
            Advance<TAddress>(c, Rdi, Step<W>(c));
            return 1;
        }
    }

    private readonly struct ScanStep<W, TAddress> : IStringStep
        where W : struct, IWidth
        where TAddress : struct, IWidth
    {
        public static bool Compares => true;

        public static ulong TryStep(InterpreterCore c, ref Op op, ulong wanted)
        {
            if (!TryDestination<W, TAddress>(c, write: false, out ulong destination) || !c.Memory.TryRead<W>(destination, out ulong right))
            {
                return 0;
            }

            _ = CmpOperation.Apply<W>(ref c.Flags, RegisterAccess.Read<W>(ref c.Regs, Rax), right);
            Advance<TAddress>(c, Rdi, Step<W>(c));
            return 1;
        }
    }
}

/// <summary>One iteration (or a run of equal ones) of a string instruction.</summary>
internal interface IStringStep
{
    /// <summary>Whether ZF ends a repetition.</summary>
    static abstract bool Compares { get; }

    /// <summary>
    /// What a repetition does on Intel's processors even when its count is zero or its first iteration faults: with 32-bit addresses in 64-bit mode MOVS
    /// and STOS clear the upper halves of their pointers, the others do not. On AMD's nothing changes before an iteration is done.
    /// </summary>
    static virtual void Begin(InterpreterCore c)
    {
    }

    /// <summary>Does 1 to <paramref name="wanted"/> iterations with their register updates, RCX apart; 0: an exception was raised, nothing was done.</summary>
    static abstract ulong TryStep(InterpreterCore c, ref Op op, ulong wanted);
}
