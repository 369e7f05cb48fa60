using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.Fpu;
using Doppel.X86.Cpuid;
using Doppel.X86.Exceptions;
using Iced.Intel;

namespace Doppel.Cpu.Interpreter.Decode;

/// <summary>
/// Turns one decoded instruction into an operation: chooses its handler and fills in operands. The families stand in files of their own; this one knows
/// what all need: model, mode, and the shape of memory operands.
/// </summary>
// SAFETY: only takes addresses of static handlers.
internal readonly unsafe struct Lowering(CpuModel model, CpuMode mode, int codeBits)
{
    internal CpuModel Model { get; } = model;

    /// <summary>Mode of the block.</summary>
    internal CpuMode Mode { get; } = mode;

    /// <summary>16, 32 or 64.</summary>
    internal int CodeBits { get; } = codeBits;

    internal bool IsFlat => (Mode & CpuMode.Flat) != 0;

    /// <summary>Fills in <paramref name="op"/>; returns whether the block ends behind it.</summary>
    internal bool Lower(in Instruction instruction, ref Op op)
    {
        if (!FeatureGate.Has(Model, instruction))
        {
            return LowerInvalid(ref op);
        }

        FillMemory(instruction, ref op);
        if (IntegerLowering.TryLower(this, instruction, ref op))
        {
            return false;
        }

        if (StringLowering.TryLower(this, instruction, ref op, out bool ends)
            || ControlLowering.TryLower(this, instruction, ref op, out ends)
            || SystemLowering.TryLower(this, instruction, ref op, out ends))
        {
            return ends;
        }

        if (BmiLowering.TryLower(instruction, ref op) || FpuLowering.TryLower(instruction, Model, ref op))
        {
            return false;
        }

        return LowerInvalid(ref op);
    }

    /// <summary>An instruction that is not there: #UD.</summary>
    internal bool LowerInvalid(ref Op op)
    {
        op.Handler = &InvalidOpcode;
        return true;
    }

    /// <summary>An instruction that leaves the code segment or is longer than 15 bytes: #GP(0).</summary>
    internal bool LowerFetchFault(ref Op op)
    {
        op.Handler = &GeneralProtection;
        return true;
    }

    private static void InvalidOpcode(InterpreterCore c, ref Op op) => c.Raise(Vector.UD);

    private static void GeneralProtection(InterpreterCore c, ref Op op) => c.Raise(Vector.GP);

    // Flat data segments need no base or limit; writes through CS must still fail, so CS keeps its check outside 64-bit mode. In 64-bit mode the
    // prefixes of ES, CS, SS and DS are ignored: the base register alone makes a stack operand.
    private void FillMemory(in Instruction instruction, ref Op op)
    {
        bool memory = false;
        for (int i = 0; i < instruction.OpCount; i++)
        {
            memory |= instruction.GetOpKind(i) == OpKind.Memory;
        }

        byte segment = instruction.MemorySegment is >= Register.ES and <= Register.GS ? RegisterMap.Segment(instruction.MemorySegment) : (byte)Seg.DS;
        op.Segment = !IsFlat || segment >= Seg.FS || (CodeBits != 64 && segment == Seg.CS) ? segment
            : CodeBits == 64 && instruction.MemoryBase is Register.RSP or Register.RBP or Register.ESP or Register.EBP ? Op.FlatStack
            : Op.Flat;
        op.AddressMask = ulong.MaxValue;
        if (!memory)
        {
            return;
        }

        Register @base = instruction.MemoryBase;
        Register index = instruction.MemoryIndex;
        op.Displacement = instruction.MemoryDisplacement64;
        int addressBytes = @base is Register.EIP ? 4
            : @base is Register.RIP ? 8
            : @base != Register.None ? @base.GetSize()
            : index != Register.None ? index.GetSize()
            : instruction.MemoryDisplSize;
        op.AddressMask = addressBytes switch
        {
            2 => 0xFFFF,
            4 => 0xFFFF_FFFF,
            _ => ulong.MaxValue,
        };
        op.Base = @base is Register.RIP or Register.EIP ? RegisterFile.ZeroRegister : RegisterMap.Offset(@base);
        op.Index = RegisterMap.Offset(index);
        op.Scale = (byte)System.Numerics.BitOperations.Log2((uint)instruction.MemoryIndexScale);
    }
}
