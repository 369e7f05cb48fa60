using Doppel.Cpu.Interpreter.Core;
using Iced.Intel;
using unsafe Handler = delegate*<Doppel.Cpu.Interpreter.Core.InterpreterCore, ref Doppel.Cpu.Interpreter.Core.Op, void>;

namespace Doppel.Cpu.Interpreter.Decode;

/// <summary>Control registers, descriptor tables, model-specific registers, identification.</summary>
// SAFETY: only stores addresses of static handlers.
internal static unsafe class PrivilegedLowering
{
    internal static Handler Select(in Lowering lowering, in Instruction i, ref Op op, out bool ends)
    {
        ends = true;
        return null;
    }
}
