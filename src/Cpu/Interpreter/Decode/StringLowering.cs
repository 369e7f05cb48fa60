using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.Integer;
using Iced.Intel;

namespace Doppel.Cpu.Interpreter.Decode;

/// <summary>String instructions, with their repeat prefixes. Repeated ones end their block.</summary>
// SAFETY: only stores addresses of static handlers.
internal static unsafe class StringLowering
{
    internal static bool TryLower(in Lowering lowering, in Instruction i, ref Op op, out bool ends)
    {
        ends = false;
        if (!i.IsStringInstruction)
        {
            return false;
        }

        Repeat repeat = i.HasRepnePrefix ? Repeat.WhileNotEqual : i.HasRepPrefix || i.HasRepePrefix ? Repeat.WhileEqual : Repeat.None;
        op.Immediate = (ulong)repeat;
        ends = repeat != Repeat.None;
        (Strings.Kind kind, int bits)? plain = i.Mnemonic switch
        {
            Mnemonic.Movsb => (Strings.Kind.Movs, 8),
            Mnemonic.Movsw => (Strings.Kind.Movs, 16),
            Mnemonic.Movsd => (Strings.Kind.Movs, 32),
            Mnemonic.Movsq => (Strings.Kind.Movs, 64),
            Mnemonic.Stosb => (Strings.Kind.Stos, 8),
            Mnemonic.Stosw => (Strings.Kind.Stos, 16),
            Mnemonic.Stosd => (Strings.Kind.Stos, 32),
            Mnemonic.Stosq => (Strings.Kind.Stos, 64),
            Mnemonic.Lodsb => (Strings.Kind.Lods, 8),
            Mnemonic.Lodsw => (Strings.Kind.Lods, 16),
            Mnemonic.Lodsd => (Strings.Kind.Lods, 32),
            Mnemonic.Lodsq => (Strings.Kind.Lods, 64),
            Mnemonic.Cmpsb => (Strings.Kind.Cmps, 8),
            Mnemonic.Cmpsw => (Strings.Kind.Cmps, 16),
            Mnemonic.Cmpsd => (Strings.Kind.Cmps, 32),
            Mnemonic.Cmpsq => (Strings.Kind.Cmps, 64),
            Mnemonic.Scasb => (Strings.Kind.Scas, 8),
            Mnemonic.Scasw => (Strings.Kind.Scas, 16),
            Mnemonic.Scasd => (Strings.Kind.Scas, 32),
            Mnemonic.Scasq => (Strings.Kind.Scas, 64),
            _ => null,
        };
        int addressBits = AddressBits(i);
        if (plain is { } chosen)
        {
            op.Handler = Strings.Select(chosen.kind, chosen.bits, addressBits);
            return true;
        }

        op.Handler = i.Mnemonic switch
        {
            Mnemonic.Insb => PortStrings.Input(8, addressBits),
            Mnemonic.Insw => PortStrings.Input(16, addressBits),
            Mnemonic.Insd => PortStrings.Input(32, addressBits),
            Mnemonic.Outsb => PortStrings.Output(8, addressBits),
            Mnemonic.Outsw => PortStrings.Output(16, addressBits),
            Mnemonic.Outsd => PortStrings.Output(32, addressBits),
            _ => null,
        };
        return op.Handler != null;
    }

    private static int AddressBits(in Instruction i)
    {
        for (int n = 0; n < i.OpCount; n++)
        {
            switch (i.GetOpKind(n))
            {
                case OpKind.MemorySegSI or OpKind.MemorySegDI or OpKind.MemoryESDI:
                    return 16;
                case OpKind.MemorySegESI or OpKind.MemorySegEDI or OpKind.MemoryESEDI:
                    return 32;
                case OpKind.MemorySegRSI or OpKind.MemorySegRDI or OpKind.MemoryESRDI:
                    return 64;
            }
        }

        return 32;
    }
}
