using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.Integer;
using Iced.Intel;

namespace Doppel.Cpu.Interpreter.Decode;

/// <summary>BMI1, BMI2 and ADX.</summary>
// SAFETY: only stores addresses of static handlers.
internal static unsafe class BmiLowering
{
    internal static bool TryLower(in Instruction i, ref Op op)
    {
        BmiHandlers.Kind? kind = i.Mnemonic switch
        {
            Mnemonic.Andn => BmiHandlers.Kind.Andn,
            Mnemonic.Bextr => BmiHandlers.Kind.Bextr,
            Mnemonic.Blsi => BmiHandlers.Kind.Blsi,
            Mnemonic.Blsmsk => BmiHandlers.Kind.Blsmsk,
            Mnemonic.Blsr => BmiHandlers.Kind.Blsr,
            Mnemonic.Bzhi => BmiHandlers.Kind.Bzhi,
            Mnemonic.Mulx => BmiHandlers.Kind.Mulx,
            Mnemonic.Pdep => BmiHandlers.Kind.Pdep,
            Mnemonic.Pext => BmiHandlers.Kind.Pext,
            Mnemonic.Rorx => BmiHandlers.Kind.Rorx,
            Mnemonic.Sarx => BmiHandlers.Kind.Sarx,
            Mnemonic.Shlx => BmiHandlers.Kind.Shlx,
            Mnemonic.Shrx => BmiHandlers.Kind.Shrx,
            Mnemonic.Adcx => BmiHandlers.Kind.Adcx,
            Mnemonic.Adox => BmiHandlers.Kind.Adox,
            _ => null,
        };
        if (kind is not { } chosen)
        {
            return false;
        }

        // The operand that may be memory is the last register or memory operand, but the second where the third is a count or control.
        bool countLast = chosen is BmiHandlers.Kind.Bextr or BmiHandlers.Kind.Bzhi or BmiHandlers.Kind.Sarx or BmiHandlers.Kind.Shlx or BmiHandlers.Kind.Shrx;
        int source = i.OpCount == 3 && !countLast && chosen != BmiHandlers.Kind.Rorx ? 2 : 1;
        int other = i.OpCount == 3 ? 3 - source : 0;
        bool memory = i.GetOpKind(source) == OpKind.Memory;
        op.Reg = RegisterMap.Offset(i.Op0Register);
        op.Reg2 = memory ? (byte)0 : RegisterMap.Offset(i.GetOpRegister(source));
        op.Immediate = (ulong)chosen | ((ulong)(memory ? 1 : 0) << 8)
            | ((ulong)(chosen == BmiHandlers.Kind.Rorx ? i.Immediate8 : RegisterMap.Offset(i.GetOpRegister(other))) << 16);
        op.Handler = i.Op0Register.GetSize() == 4 ? BmiHandlers.Select32() : BmiHandlers.Select64();
        return true;
    }
}
