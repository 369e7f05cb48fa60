using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.SystemLevel;
using Doppel.Primitives;
using Doppel.X86.Semantics;
using unsafe Handler = delegate*<Doppel.Cpu.Interpreter.Core.InterpreterCore, ref Doppel.Cpu.Interpreter.Core.Op, void>;

namespace Doppel.Cpu.Interpreter.Integer;

/// <summary>INS and OUTS.</summary>
// SAFETY: only takes addresses of static handlers.
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
                || !Strings.TryDestination<W, TAddress>(c, write: true, out ulong linear) || !c.Memory.TryProbeWrite(linear, W.Bits / 8))
            {
                return 0;
            }

            _ = c.Memory.TryWrite<W>(linear, c.Bus.ReadPort(port, (AccessSize)(W.Bits / 8)));
            Strings.Advance<TAddress>(c, 56, Strings.Step<W>(c));
            return 1;
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
                || !Strings.TrySource<W, TAddress>(c, ref op, out ulong linear) || !c.Memory.TryRead<W>(linear, out ulong value))
            {
                return 0;
            }

            c.Bus.WritePort(port, (AccessSize)(W.Bits / 8), value);
            Strings.Advance<TAddress>(c, 48, Strings.Step<W>(c));
            return 1;
        }
    }
}
