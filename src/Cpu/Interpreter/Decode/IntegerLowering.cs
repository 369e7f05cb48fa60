using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.Integer;
using Doppel.X86.Semantics;
using Iced.Intel;
using unsafe Handler = delegate*<Doppel.Cpu.Interpreter.Core.InterpreterCore, ref Doppel.Cpu.Interpreter.Core.Op, void>;

namespace Doppel.Cpu.Interpreter.Decode;

/// <summary>Arithmetic, logic, shifts, bits and moves: instructions that go on behind themselves.</summary>
// SAFETY: only takes addresses of static handlers.
internal static unsafe class IntegerLowering
{
    internal static bool TryLower(in Lowering lowering, in Instruction i, ref Op op)
    {
        Handler handler = i.Mnemonic switch
        {
            Mnemonic.Mov => Mov(i, ref op),
            Mnemonic.Add => Binary<AddOperation>(i, ref op),
            Mnemonic.Or => Binary<OrOperation>(i, ref op),
            Mnemonic.Adc => Binary<AdcOperation>(i, ref op),
            Mnemonic.Sbb => Binary<SbbOperation>(i, ref op),
            Mnemonic.And => Binary<AndOperation>(i, ref op),
            Mnemonic.Sub => Binary<SubOperation>(i, ref op),
            Mnemonic.Xor => Binary<XorOperation>(i, ref op),
            Mnemonic.Cmp => Binary<CmpOperation>(i, ref op),
            Mnemonic.Test => Binary<TestOperation>(i, ref op),
            Mnemonic.Inc => Unary<IncOperation>(i, ref op),
            Mnemonic.Dec => Unary<DecOperation>(i, ref op),
            Mnemonic.Neg => Unary<NegOperation>(i, ref op),
            Mnemonic.Not => Unary<NotOperation>(i, ref op),
            Mnemonic.Bswap => Unary<BswapOperation>(i, ref op),
            Mnemonic.Shl or Mnemonic.Sal => Shift<ShlOperation>(i, ref op),
            Mnemonic.Shr => Shift<ShrOperation>(i, ref op),
            Mnemonic.Sar => Shift<SarOperation>(i, ref op),
            Mnemonic.Rol => Shift<RolOperation>(i, ref op),
            Mnemonic.Ror => Shift<RorOperation>(i, ref op),
            Mnemonic.Rcl => Shift<RclOperation>(i, ref op),
            Mnemonic.Rcr => Shift<RcrOperation>(i, ref op),
            Mnemonic.Shld => DoubleShift(i, ref op, left: true),
            Mnemonic.Shrd => DoubleShift(i, ref op, left: false),
            Mnemonic.Mul => MultiplyDivideHandlers.Mul(Single(i, ref op), RegisterMap.Bits(i, 0)),
            Mnemonic.Imul => Imul(i, ref op),
            Mnemonic.Div => MultiplyDivideHandlers.Div(Single(i, ref op), RegisterMap.Bits(i, 0)),
            Mnemonic.Idiv => MultiplyDivideHandlers.Idiv(Single(i, ref op), RegisterMap.Bits(i, 0)),
            Mnemonic.Aaa => &MultiplyDivideHandlers.Aaa,
            Mnemonic.Aas => &MultiplyDivideHandlers.Aas,
            Mnemonic.Aad => WithImmediate(i, ref op, &MultiplyDivideHandlers.Aad),
            Mnemonic.Aam => WithImmediate(i, ref op, &MultiplyDivideHandlers.Aam),
            Mnemonic.Daa => &MultiplyDivideHandlers.Daa,
            Mnemonic.Das => &MultiplyDivideHandlers.Das,
            Mnemonic.Movzx => Extend(i, ref op, signed: false),
            Mnemonic.Movsx or Mnemonic.Movsxd => Extend(i, ref op, signed: true),
            Mnemonic.Lea => Lea(i, ref op),
            Mnemonic.Xchg => Exchange(i, ref op),
            Mnemonic.Cmpxchg => Exchanges.CompareExchange(Pair(i, ref op), RegisterMap.Bits(i, 0)),
            Mnemonic.Xadd => Exchanges.ExchangeAdd(Pair(i, ref op), RegisterMap.Bits(i, 0)),
            Mnemonic.Cmpxchg8b => &Exchanges.CompareExchange8,
            Mnemonic.Cmpxchg16b => &Exchanges.CompareExchange16,
            Mnemonic.Bt => BitTest(i, ref op, BitHandlers.Change.None),
            Mnemonic.Bts => BitTest(i, ref op, BitHandlers.Change.Set),
            Mnemonic.Btr => BitTest(i, ref op, BitHandlers.Change.Reset),
            Mnemonic.Btc => BitTest(i, ref op, BitHandlers.Change.Complement),
            Mnemonic.Bsf => BitHandlers.Scan(0, Load(i, ref op), RegisterMap.Bits(i, 0)),
            Mnemonic.Bsr => BitHandlers.Scan(1, Load(i, ref op), RegisterMap.Bits(i, 0)),
            Mnemonic.Tzcnt => BitHandlers.Scan(2, Load(i, ref op), RegisterMap.Bits(i, 0)),
            Mnemonic.Lzcnt => BitHandlers.Scan(3, Load(i, ref op), RegisterMap.Bits(i, 0)),
            Mnemonic.Popcnt => BitHandlers.Scan(4, Load(i, ref op), RegisterMap.Bits(i, 0)),
            Mnemonic.Crc32 => BitHandlers.Crc32(Load(i, ref op), RegisterMap.Bits(i, 1)),
            Mnemonic.Movbe => Movbe(i, ref op),
            Mnemonic.Movnti => Mov(i, ref op),
            Mnemonic.Cbw => &Moves.Cbw,
            Mnemonic.Cwde => &Moves.Cwde,
            Mnemonic.Cdqe => &Moves.Cdqe,
            Mnemonic.Cwd => &Moves.Cwd,
            Mnemonic.Cdq => &Moves.Cdq,
            Mnemonic.Cqo => &Moves.Cqo,
            Mnemonic.Xlatb => Xlat(i, ref op),
            Mnemonic.Pause when lowering.Model.Processors > 1 => &SystemHandlers.Pause,
            Mnemonic.Nop or Mnemonic.Reservednop or Mnemonic.Pause or Mnemonic.Prefetchnta or Mnemonic.Prefetcht0 or Mnemonic.Prefetcht1
                or Mnemonic.Prefetcht2 or Mnemonic.Prefetch or Mnemonic.Prefetchw or Mnemonic.Lfence or Mnemonic.Sfence or Mnemonic.Mfence => &Moves.Nothing,
            Mnemonic.Clflush or Mnemonic.Clflushopt => &FlagHandlers.Clflush,
            Mnemonic.Clc => &FlagHandlers.Clc,
            Mnemonic.Stc => &FlagHandlers.Stc,
            Mnemonic.Cmc => &FlagHandlers.Cmc,
            Mnemonic.Cld => &FlagHandlers.Cld,
            Mnemonic.Std => &FlagHandlers.Std,
            Mnemonic.Lahf => &FlagHandlers.Lahf,
            Mnemonic.Sahf => &FlagHandlers.Sahf,
            Mnemonic.Salc => &FlagHandlers.Salc,
            Mnemonic.Bound => FlagHandlers.Bound(i, ref op),
            _ => Conditional(i, ref op),
        };
        op.Handler = handler;
        return handler != null;
    }

    private static bool IsMemory(in Instruction i, int operand) => i.GetOpKind(operand) == OpKind.Memory;

    private static Handler WithImmediate(in Instruction i, ref Op op, Handler handler)
    {
        op.Immediate = i.GetImmediate(0);
        return handler;
    }

    /// <summary>Fills in one operand, register or memory.</summary>
    private static bool Single(in Instruction i, ref Op op)
    {
        bool memory = IsMemory(i, 0);
        op.Reg = memory ? (byte)0 : RegisterMap.Offset(i.Op0Register);
        return memory;
    }

    /// <summary>Destination register or memory, source register: Reg is the source beside memory, else the destination.</summary>
    private static bool Pair(in Instruction i, ref Op op)
    {
        bool memory = IsMemory(i, 0);
        op.Reg = RegisterMap.Offset(memory ? i.Op1Register : i.Op0Register);
        op.Reg2 = RegisterMap.Offset(i.Op1Register);
        return memory;
    }

    /// <summary>Destination register, source register or memory.</summary>
    private static bool Load(in Instruction i, ref Op op)
    {
        bool memory = IsMemory(i, 1);
        op.Reg = RegisterMap.Offset(i.Op0Register);
        op.Reg2 = memory ? (byte)0 : RegisterMap.Offset(i.Op1Register);
        return memory;
    }

    private static Form FormOf(in Instruction i, ref Op op, int bits)
    {
        bool memory = IsMemory(i, 0);
        switch (i.Op1Kind)
        {
            case OpKind.Register:
                op.Reg = RegisterMap.Offset(memory ? i.Op1Register : i.Op0Register);
                op.Reg2 = RegisterMap.Offset(i.Op1Register);
                return memory ? Form.MemReg : Form.RegReg;
            case OpKind.Memory:
                op.Reg = RegisterMap.Offset(i.Op0Register);
                return Form.RegMem;
            default:
                op.Reg = memory ? (byte)0 : RegisterMap.Offset(i.Op0Register);
                op.Immediate = i.GetImmediate(1) & (bits == 64 ? ulong.MaxValue : (1UL << bits) - 1);
                return memory ? Form.MemImm : Form.RegImm;
        }
    }

    private static Handler Binary<TOp>(in Instruction i, ref Op op)
        where TOp : struct, IBinaryOperation
    {
        int bits = RegisterMap.Bits(i, 0);
        return Arithmetic.Select<TOp>(FormOf(i, ref op, bits), bits);
    }

    private static Handler Mov(in Instruction i, ref Op op)
    {
        if ((i.Op0Kind == OpKind.Register && !i.Op0Register.IsGPR()) || (i.Op1Kind == OpKind.Register && !i.Op1Register.IsGPR()))
        {
            return null; // segment, control and debug registers are system instructions
        }

        int bits = RegisterMap.Bits(i, 0);
        return Moves.Mov(FormOf(i, ref op, bits), bits);
    }

    private static Handler Unary<TOp>(in Instruction i, ref Op op)
        where TOp : struct, IUnaryOperation => UnaryArithmetic.Select<TOp>(Single(i, ref op), RegisterMap.Bits(i, 0));

    private static Handler Shift<TOp>(in Instruction i, ref Op op)
        where TOp : struct, IShiftOperation
    {
        bool byCl = i.Op1Kind == OpKind.Register;
        op.Immediate = byCl ? 0 : i.GetImmediate(1);
        return UnaryArithmetic.SelectShift<TOp>(Single(i, ref op), byCl, RegisterMap.Bits(i, 0));
    }

    private static Handler DoubleShift(in Instruction i, ref Op op, bool left)
    {
        bool byCl = i.Op2Kind == OpKind.Register;
        op.Immediate = byCl ? 0 : i.GetImmediate(2);
        bool memory = Single(i, ref op);
        op.Reg2 = RegisterMap.Offset(i.Op1Register);
        return UnaryArithmetic.SelectDoubleShift(left, memory, byCl, RegisterMap.Bits(i, 0));
    }

    private static Handler Imul(in Instruction i, ref Op op)
    {
        int bits = RegisterMap.Bits(i, 0);
        if (i.OpCount == 1)
        {
            return MultiplyDivideHandlers.Imul(Single(i, ref op), bits);
        }

        bool memory = Load(i, ref op);
        bool immediate = i.OpCount == 3;
        op.Immediate = immediate ? i.GetImmediate(2) & (bits == 64 ? ulong.MaxValue : (1UL << bits) - 1) : 0;
        return MultiplyDivideHandlers.ImulTo(memory, immediate, bits);
    }

    private static Handler Extend(in Instruction i, ref Op op, bool signed)
    {
        bool memory = Load(i, ref op);
        int from = RegisterMap.Bits(i, 1);
        int to = RegisterMap.Bits(i, 0);
        if (from == to)
        {
            return memory && i.Code == Code.Movsxd_r16_rm16 ? &Moves.LoadNarrow : Moves.Mov(memory ? Form.RegMem : Form.RegReg, to);
        }

        return Moves.Extend(memory, signed, from, to);
    }

    private static Handler Lea(in Instruction i, ref Op op)
    {
        op.Reg = RegisterMap.Offset(i.Op0Register);
        return Moves.Lea(i.Op0Register.GetSize() * 8);
    }

    private static Handler Exchange(in Instruction i, ref Op op)
    {
        int bits = RegisterMap.Bits(i, 0);
        if (i.Op1Kind == OpKind.Memory)
        {
            op.Reg = RegisterMap.Offset(i.Op0Register);
            return Moves.Xchg(memory: true, bits);
        }

        return Moves.Xchg(Pair(i, ref op), bits);
    }

    private static Handler BitTest(in Instruction i, ref Op op, BitHandlers.Change change)
    {
        bool memory = Single(i, ref op);
        bool immediate = i.Op1Kind != OpKind.Register;
        op.Immediate = immediate ? i.GetImmediate(1) : 0;
        op.Reg2 = immediate ? (byte)0 : RegisterMap.Offset(i.Op1Register);
        return BitHandlers.Test(change, memory, immediate, RegisterMap.Bits(i, 0));
    }

    private static Handler Movbe(in Instruction i, ref Op op)
    {
        bool store = IsMemory(i, 0);
        op.Reg = RegisterMap.Offset(store ? i.Op1Register : i.Op0Register);
        return Moves.Movbe(store, RegisterMap.Bits(i, 0));
    }

    private static Handler Xlat(in Instruction i, ref Op op)
    {
        op.AddressMask = i.MemoryBase switch
        {
            Register.BX => 0xFFFF,
            Register.EBX => 0xFFFF_FFFF,
            _ => ulong.MaxValue,
        };
        return &Moves.Xlat;
    }

    private static Handler Conditional(in Instruction i, ref Op op) => i.ConditionCode switch
    {
        ConditionCode.o => Conditional<IfO>(i, ref op),
        ConditionCode.no => Conditional<IfNo>(i, ref op),
        ConditionCode.b => Conditional<IfB>(i, ref op),
        ConditionCode.ae => Conditional<IfAe>(i, ref op),
        ConditionCode.e => Conditional<IfE>(i, ref op),
        ConditionCode.ne => Conditional<IfNe>(i, ref op),
        ConditionCode.be => Conditional<IfBe>(i, ref op),
        ConditionCode.a => Conditional<IfA>(i, ref op),
        ConditionCode.s => Conditional<IfS>(i, ref op),
        ConditionCode.ns => Conditional<IfNs>(i, ref op),
        ConditionCode.p => Conditional<IfP>(i, ref op),
        ConditionCode.np => Conditional<IfNp>(i, ref op),
        ConditionCode.l => Conditional<IfL>(i, ref op),
        ConditionCode.ge => Conditional<IfGe>(i, ref op),
        ConditionCode.le => Conditional<IfLe>(i, ref op),
        ConditionCode.g => Conditional<IfG>(i, ref op),
        _ => null,
    };

    // CMOVcc and SETcc; Jcc is a control transfer, and FCMOVcc belongs to the x87 unit.
    private static Handler Conditional<TIf>(in Instruction i, ref Op op)
        where TIf : struct, ICondition
    {
        if (i.FlowControl != FlowControl.Next || i.OpCount == 0)
        {
            return null;
        }

        if (i.OpCount == 1)
        {
            return Moves.Set<TIf>(Single(i, ref op));
        }

        if (i.Op0Kind != OpKind.Register || !i.Op0Register.IsGPR())
        {
            return null;
        }

        return Moves.Cmov<TIf>(Load(i, ref op), RegisterMap.Bits(i, 0));
    }
}
