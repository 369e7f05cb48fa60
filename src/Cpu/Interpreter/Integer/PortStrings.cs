using System;
using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.SystemLevel;
using Doppel.Primitives;
using Doppel.X86.Semantics;
using unsafe Handler = delegate*<Doppel.Cpu.Interpreter.Core.InterpreterCore, ref Doppel.Cpu.Interpreter.Core.Op, void>;

namespace Doppel.Cpu.Interpreter.Integer;

/// <summary>INS and OUTS.</summary>
// SAFETY: takes addresses of static handlers; host pointers come from Strings.Run, whose note says why they hold.
internal static unsafe class PortStrings
{
    internal static Handler Input(int bits, int addressBits) => (bits, addressBits) switch
    {
        (8, 16) => &Strings.Repeated<InputStep<W8, W16>, W16>,
        (8, 32) => &Strings.Repeated<InputStep<W8, W32>, W32>,
        (8, _) => &Strings.Repeated<InputStep<W8, W64>, W64>,
        (16, 16) => &Strings.Repeated<InputStep<W16, W16>, W16>,
        (16, 32) => &Strings.Repeated<InputStep<W16, W32>, W32>,
        (16, _) => &Strings.Repeated<InputStep<W16, W64>, W64>,
        (_, 16) => &Strings.Repeated<InputStep<W32, W16>, W16>,
        (_, 32) => &Strings.Repeated<InputStep<W32, W32>, W32>,
        _ => &Strings.Repeated<InputStep<W32, W64>, W64>,
    };

    internal static Handler Output(int bits, int addressBits) => (bits, addressBits) switch
    {
        (8, 16) => &Strings.Repeated<OutputStep<W8, W16>, W16>,
        (8, 32) => &Strings.Repeated<OutputStep<W8, W32>, W32>,
        (8, _) => &Strings.Repeated<OutputStep<W8, W64>, W64>,
        (16, 16) => &Strings.Repeated<OutputStep<W16, W16>, W16>,
        (16, 32) => &Strings.Repeated<OutputStep<W16, W32>, W32>,
        (16, _) => &Strings.Repeated<OutputStep<W16, W64>, W64>,
        (_, 16) => &Strings.Repeated<OutputStep<W32, W16>, W16>,
        (_, 32) => &Strings.Repeated<OutputStep<W32, W32>, W32>,
        _ => &Strings.Repeated<OutputStep<W32, W64>, W64>,
    };

    // The destination is probed before the port is read: a read has side effects and cannot be taken back.
    private readonly struct InputStep<W, TAddress> : IStringStep
        where W : struct, IWidth
        where TAddress : struct, IWidth
    {
        public static bool Compares => false;

        public static ulong TryStep(InterpreterCore c, ref Op op, ulong wanted)
        {
            ushort port = (ushort)c.Gpr(2);
            if (!IoPermission.Check(c, port, W.Bits / 8)
                || !Strings.TryDestination<W, TAddress>(c, write: true, out ulong linear))
            {
                return 0;
            }

            ulong many = wanted < 2 ? 0 : TryMany(c, port, linear, wanted);
            if (many != 0)
            {
                Strings.Advance<TAddress>(c, 56, many * (ulong)(W.Bits / 8));
                return many;
            }

            if (!c.Memory.TryProbeWrite(linear, W.Bits / 8))
            {
                return 0;
            }

            _ = c.Memory.TryWrite<W>(linear, c.Bus.ReadPort(port, (AccessSize)(W.Bits / 8)));
            Strings.Advance<TAddress>(c, 56, Strings.Step<W>(c));
            return 1;
        }

        // SAFETY: Run says how many elements lie at its address.
        private static ulong TryMany(InterpreterCore c, ushort port, ulong linear, ulong wanted)
        {
            ulong reach = Strings.Reach<W, TAddress>(c, Seg.ES, (c.Mode & CpuMode.Flat) != 0, RegisterAccess.Read<TAddress>(ref c.Regs, 56), write: true);
            ulong run = IoPermission.IsOpen(c) ? Strings.Run<W>(c, flat: true, linear, write: true, Math.Min(wanted, reach), out byte* to) : Nothing(out to);
            return run < 2 ? 0 : (ulong)c.Bus.ReadPortMany(port, (AccessSize)(W.Bits / 8), new Span<byte>(to, (int)run * (W.Bits / 8)));
        }
    }

    private readonly struct OutputStep<W, TAddress> : IStringStep
        where W : struct, IWidth
        where TAddress : struct, IWidth
    {
        public static bool Compares => false;

        public static ulong TryStep(InterpreterCore c, ref Op op, ulong wanted)
        {
            ushort port = (ushort)c.Gpr(2);
            if (!IoPermission.Check(c, port, W.Bits / 8)
                || !Strings.TrySource<W, TAddress>(c, ref op, out ulong linear))
            {
                return 0;
            }

            ulong many = wanted < 2 ? 0 : TryMany(c, ref op, port, linear, wanted);
            if (many != 0)
            {
                Strings.Advance<TAddress>(c, 48, many * (ulong)(W.Bits / 8));
                return many;
            }

            if (!c.Memory.TryRead<W>(linear, out ulong value))
            {
                return 0;
            }

            c.Bus.WritePort(port, (AccessSize)(W.Bits / 8), value);
            Strings.Advance<TAddress>(c, 48, Strings.Step<W>(c));
            return 1;
        }

        // SAFETY: Run says how many elements lie at its address.
        private static ulong TryMany(InterpreterCore c, ref Op op, ushort port, ulong linear, ulong wanted)
        {
            bool flat = op.IsFlat && (c.Mode & CpuMode.Flat) != 0;
            ulong reach = flat || op.Segment <= Seg.GS ? Strings.Reach<W, TAddress>(c, op.Segment, flat, RegisterAccess.Read<TAddress>(ref c.Regs, 48), write: false) : 0;
            ulong run = IoPermission.IsOpen(c) ? Strings.Run<W>(c, flat: true, linear, write: false, Math.Min(wanted, reach), out byte* from) : Nothing(out from);
            return run < 2 ? 0 : (ulong)c.Bus.WritePortMany(port, (AccessSize)(W.Bits / 8), new ReadOnlySpan<byte>(from, (int)run * (W.Bits / 8)));
        }
    }

    private static ulong Nothing(out byte* at)
    {
        at = null;
        return 0;
    }
}
