using Doppel.Cpu.Interpreter.Core;
using Iced.Intel;

namespace Doppel.Cpu.Interpreter.Decode;

/// <summary>From Iced's names of registers to places in the register file.</summary>
internal static class RegisterMap
{
    /// <summary>Offset of a general-purpose register in the register file.</summary>
    internal static byte Offset(Register register) => register switch
    {
        >= Register.AL and <= Register.BL => (byte)((register - Register.AL) * 8),
        >= Register.AH and <= Register.BH => (byte)(((register - Register.AH) * 8) + 1),
        >= Register.SPL and <= Register.R15L => (byte)((register - Register.SPL + 4) * 8),
        >= Register.AX and <= Register.R15W => (byte)((register - Register.AX) * 8),
        >= Register.EAX and <= Register.R15D => (byte)((register - Register.EAX) * 8),
        >= Register.RAX and <= Register.R15 => (byte)((register - Register.RAX) * 8),
        _ => RegisterFile.ZeroRegister,
    };

    /// <summary>Number of a segment register.</summary>
    internal static byte Segment(Register register) => (byte)(register - Register.ES);

    /// <summary>Bits of operand <paramref name="index"/>: of its register or of the memory it names.</summary>
    internal static int Bits(in Instruction instruction, int index)
    {
        OpKind kind = instruction.GetOpKind(index);
        return kind switch
        {
            OpKind.Register => instruction.GetOpRegister(index).GetSize() * 8,
            _ => instruction.MemorySize.GetSize() * 8,
        };
    }
}
