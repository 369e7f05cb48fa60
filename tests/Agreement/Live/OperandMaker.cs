using System;
using Iced.Intel;
using K = Iced.Intel.OpCodeOperandKind;

namespace Doppel.Agreement.Tests.Live;

/// <summary>
/// Chooses random operands of one form. What an instruction takes as an address (base and index registers, stack and string pointers) is pinned so that
/// it mostly lies in the window, sometimes misaligned, sometimes over its edge.
/// </summary>
internal sealed class OperandMaker(LiveRandom random, int bits)
{
    private readonly ulong[] _values = new ulong[16];
    private readonly bool[] _pinned = new bool[16];
    private bool _branchEdges;

    /// <summary>The segment registers for which operands are made.</summary>
    internal SegmentSetup Segments { get; set; } = SegmentSetup.Ordinary(bits);

    /// <summary>Whether operands shall use all segments, and often lie at their limits.</summary>
    internal bool SeeksLimits { get; set; }

    /// <summary>Linear address of the last instruction's memory operand.</summary>
    internal ulong MemoryLinear { get; private set; }

    /// <summary>Linear address that its stack pointer points to.</summary>
    internal ulong StackLinear { get; private set; }

    /// <summary>Register values of the last instruction made.</summary>
    internal ReadOnlySpan<ulong> Values => _values;

    internal bool TryMake(Code code, out Instruction instruction)
    {
        OpCodeInfo info = code.ToOpCode();
        Array.Clear(_pinned);
        _branchEdges = SeeksLimits && bits != 64 && code.FlowControl() is FlowControl.IndirectBranch or FlowControl.IndirectCall or FlowControl.Return && random.Chance(50);
        for (int i = 0; i < 16; i++)
        {
            _values[i] = _branchEdges ? BranchEdge() : random.Number();
        }

        instruction = default;
        instruction.Code = code;
        if (bits != 64 && !Segments.IsStack32)
        {
            Pin(4, CaseLayout.NarrowStack | (ushort)_values[4]);
        }

        PinImplicit(code, info, ref instruction);
        bool bitString = code.Mnemonic() is Mnemonic.Bt or Mnemonic.Bts or Mnemonic.Btr or Mnemonic.Btc;
        int memory = -1;
        for (int i = 0; i < info.OpCount; i++)
        {
            K kind = info.GetOpKind(i);
            if (IsMemory(kind) || (IsEither(kind) && random.Chance(55)))
            {
                memory = i;
            }
            else if (!TrySet(ref instruction, i, kind))
            {
                return false;
            }
        }

        if (memory >= 0)
        {
            if (bitString && instruction.Op1Kind == OpKind.Register)
            {
                PinBitOffset(instruction.Op1Register);
            }

            SetMemory(ref instruction, memory, info, code);
        }

        SetPrefixes(ref instruction, info, memory == 0);
        return true;
    }

    private static bool IsMemory(K kind) => kind is K.mem or K.mem_offs;

    private static bool IsEither(K kind) => kind is K.r8_or_mem or K.r16_or_mem or K.r32_or_mem or K.r64_or_mem or K.mm_or_mem or K.xmm_or_mem;

    // Any offset in the window; now and then one whose operand reaches over an edge.
    private ulong Linear(int size, int alignment)
    {
        int chance = random.Below(100);
        long offset = chance < 5 ? CaseLayout.WindowLength - random.Below(Math.Max(size, 1)) - (random.Chance(20) ? 0 : 1)
            : chance < 7 ? -random.Below(Math.Max(size, 1))
            : chance < 8 && bits == 64 ? (long)(random.Next() | (1UL << 62)) & long.MaxValue
            : chance < 20 ? 0x100 + random.Below(0xD00)
            : (0x100 + random.Below(0xD00)) & -alignment;
        return (ulong)(CaseLayout.WindowAt + offset);
    }

    // The same as an offset in a segment, or one at the segment's limit.
    private ulong Offset(int segment, int size, int alignment) => bits == 64
        ? Linear(size, alignment)
        : Segments.Offset(random, segment, (uint)Linear(size, alignment), size, SeeksLimits && random.Chance(50));

    private uint BranchEdge() => Segments.CodeLimit + (uint)(random.Below(4) - 2);

    private ulong ToLinear(int segment, ulong offset) => bits == 64 ? offset : (uint)(offset + Segments[segment].Base);

    private ulong Place(int segment, int size, int alignment)
    {
        ulong offset = Offset(segment, size, alignment);
        MemoryLinear = ToLinear(segment, offset);
        return offset;
    }

    // A register that 16-bit addresses use half of: the other half is anything.
    private ulong Pointer(ulong offset) => bits == 16 && random.Chance(85) ? (offset & 0xFFFF) | (random.Next() << 16) : offset;

    private void Pin(int register, ulong value)
    {
        _values[register] = value;
        _pinned[register] = true;
    }

    private void PinImplicit(Code code, OpCodeInfo info, ref Instruction instruction)
    {
        Mnemonic mnemonic = code.Mnemonic();
        if (info.IsStackInstruction || mnemonic is Mnemonic.Enter or Mnemonic.Leave)
        {
            int register = mnemonic == Mnemonic.Leave ? 5 : 4;
            ulong offset = Offset(2, 1 << (1 + random.Below(3)), random.Chance(80) ? 8 : 1) + (mnemonic is Mnemonic.Push or Mnemonic.Call && random.Chance(5) ? 4u : 0u);
            bool narrow = bits != 64 && !Segments.IsStack32;
            if (narrow && random.Chance(6))
            {
                offset = (ulong)random.Below(9) - 4;
            }

            StackLinear = ToLinear(2, narrow ? (ushort)offset : offset);
            Pin(register, narrow ? CaseLayout.NarrowStack | (ushort)offset : offset);
            if (mnemonic == Mnemonic.Enter)
            {
                Pin(5, Pointer(Offset(2, 8, 8)));
            }
        }

        for (int i = 0; i < info.OpCount; i++)
        {
            int segment = 3;
            if (SeeksLimits && info.GetOpKind(i) is K.seg_rSI or K.seg_rDI or K.seg_rBX_al && random.Chance(40))
            {
                segment = random.Below(6);
                instruction.SegmentPrefix = Register.ES + segment;
            }

            int size = Math.Max(info.MemorySize.GetSize(), 1);
            switch (info.GetOpKind(i))
            {
                case K.seg_rSI:
                    Pin(6, Pointer(Offset(segment, size, 1)));
                    break;
                case K.es_rDI or K.seg_rDI:
                    Pin(7, Pointer(Offset(info.GetOpKind(i) == K.es_rDI ? 0 : segment, size, 1)));
                    break;
                case K.seg_rBX_al:
                    Pin(3, Pointer(Offset(segment, 1, 1) - (_values[0] & 0xFF)));
                    break;
            }
        }

        if (info.CanUseRepPrefix || info.CanUseRepnePrefix)
        {
            Pin(1, Pointer((ulong)random.Below(12) + (random.Chance(5) ? 1UL << 35 : 0)));
        }

        if (mnemonic is Mnemonic.Div or Mnemonic.Idiv && random.Chance(70))
        {
            _values[2] = random.Chance(50) ? (ulong)random.Below(3) : (ulong)((long)_values[0] >> 63);
            _values[0] = random.Chance(50) ? _values[0] : _values[0] & 0xFF;
        }
    }

    private void PinBitOffset(Register register)
    {
        int number = register.GetFullRegister() - Register.RAX;
        if (!_pinned[number])
        {
            Pin(number, (ulong)(random.Below(1600) - 800));
        }
    }

    private bool TrySet(ref Instruction instruction, int i, K kind)
    {
        switch (kind)
        {
            case K.r8_or_mem or K.r8_reg or K.r8_opcode:
                Set(ref instruction, i, bits == 64 ? Register.AL + random.Below(20) : Register.AL + random.Below(8));
                return true;
            case K.r16_or_mem or K.r16_reg or K.r16_rm or K.r16_opcode or K.r16_reg_mem:
                Set(ref instruction, i, Register.AX + General());
                return true;
            case K.r32_or_mem or K.r32_reg or K.r32_rm or K.r32_opcode or K.r32_reg_mem or K.r32_vvvv:
                Set(ref instruction, i, Register.EAX + General());
                return true;
            case K.r64_or_mem or K.r64_reg or K.r64_rm or K.r64_opcode or K.r64_reg_mem or K.r64_vvvv:
                Set(ref instruction, i, Register.RAX + General());
                return true;
            case K.mm_or_mem or K.mm_reg or K.mm_rm:
                Set(ref instruction, i, Register.MM0 + random.Below(8));
                return true;
            case K.xmm_or_mem or K.xmm_reg or K.xmm_rm:
                Set(ref instruction, i, Register.XMM0 + General());
                return true;
            case K.sti_opcode:
                Set(ref instruction, i, Register.ST0 + random.Below(8));
                return true;
            default:
                return TrySetFixed(ref instruction, i, kind) || TrySetImmediate(ref instruction, i, kind);
        }
    }

    private int General() => random.Below(bits == 64 ? 16 : 8);

    private bool TrySetFixed(ref Instruction instruction, int i, K kind)
    {
        int pointer = bits == 64 ? (random.Chance(85) ? 2 : 1) : (random.Chance(bits == 16 ? 15 : SeeksLimits ? 85 : 97) ? 1 : 0);
        switch (kind)
        {
            case K.al or K.cl or K.ax or K.dx or K.eax or K.rax or K.st0:
                Set(ref instruction, i, kind switch
                {
                    K.al => Register.AL,
                    K.cl => Register.CL,
                    K.ax => Register.AX,
                    K.dx => Register.DX,
                    K.eax => Register.EAX,
                    K.rax => Register.RAX,
                    _ => Register.ST0,
                });
                return true;
            case K.seg_rSI:
                pointer = OtherPointer(instruction, i, OpKind.MemoryESDI, pointer);
                instruction.SetOpKind(i, OpKind.MemorySegSI + pointer);
                return true;
            case K.es_rDI:
                pointer = OtherPointer(instruction, i, OpKind.MemorySegSI, pointer);
                instruction.SetOpKind(i, OpKind.MemoryESDI + pointer);
                return true;
            case K.seg_rDI:
                instruction.SetOpKind(i, OpKind.MemorySegDI + pointer);
                return true;
            case K.seg_rBX_al:
                instruction.SetOpKind(i, OpKind.Memory);
                instruction.MemoryBase = pointer switch { 2 => Register.RBX, 1 => Register.EBX, _ => Register.BX };
                instruction.MemoryIndex = Register.AL;
                return true;
            default:
                return false;
        }
    }

    // Both pointers of a string instruction are as wide.
    private static int OtherPointer(in Instruction instruction, int i, OpKind first, int chosen) =>
        i == 1 && instruction.Op0Kind >= first && instruction.Op0Kind <= first + 2 ? instruction.Op0Kind - first : chosen;

    private bool TrySetImmediate(ref Instruction instruction, int i, K kind)
    {
        ulong value = random.Number();
        switch (kind)
        {
            case K.imm8_const_1:
                instruction.SetOpKind(i, OpKind.Immediate8);
                instruction.Immediate8 = 1;
                return true;
            case K.imm8:
                bool second = i > 0 && instruction.GetOpKind(i - 1) is OpKind.Immediate8 or OpKind.Immediate16;
                instruction.SetOpKind(i, second ? OpKind.Immediate8_2nd : OpKind.Immediate8);
                byte small = instruction.Mnemonic == Mnemonic.Enter ? (byte)random.Below(random.Chance(80) ? 4 : 64) : (byte)value;
                if (second)
                {
                    instruction.Immediate8_2nd = small;
                }
                else
                {
                    instruction.Immediate8 = small;
                }

                return true;
            case K.imm8sex16 or K.imm8sex32 or K.imm8sex64:
                instruction.SetOpKind(i, kind switch { K.imm8sex16 => OpKind.Immediate8to16, K.imm8sex32 => OpKind.Immediate8to32, _ => OpKind.Immediate8to64 });
                instruction.SetImmediate(i, (long)(sbyte)value);
                return true;
            case K.imm16:
                instruction.SetOpKind(i, OpKind.Immediate16);
                instruction.Immediate16 = instruction.Mnemonic == Mnemonic.Enter ? (ushort)random.Below(random.Chance(90) ? 64 : 65536) : (ushort)value;
                return true;
            case K.imm32:
                instruction.SetOpKind(i, OpKind.Immediate32);
                instruction.Immediate32 = (uint)value;
                return true;
            case K.imm32sex64:
                instruction.SetOpKind(i, OpKind.Immediate32to64);
                instruction.Immediate32to64 = (int)value;
                return true;
            case K.imm64:
                instruction.SetOpKind(i, OpKind.Immediate64);
                instruction.Immediate64 = value;
                return true;
            case K.br16_1 or K.br16_2:
                instruction.SetOpKind(i, OpKind.NearBranch16);
                instruction.NearBranch16 = (ushort)Target();
                return true;
            case K.br32_1 or K.br32_4:
                instruction.SetOpKind(i, OpKind.NearBranch32);
                instruction.NearBranch32 = (uint)Target();
                return true;
            case K.br64_1 or K.br64_4:
                instruction.SetOpKind(i, OpKind.NearBranch64);
                instruction.NearBranch64 = Target();
                return true;
            case K.farbr2_2 or K.farbr4_2:
                bool wide = kind == K.farbr4_2;
                instruction.SetOpKind(i, wide ? OpKind.FarBranch32 : OpKind.FarBranch16);
                ushort selector = FarPointers.Selector(random, bits, instruction.Mnemonic);
                ulong target = FarPointers.Target(random, selector);
                instruction.FarBranchSelector = selector;
                if (wide)
                {
                    instruction.FarBranch32 = (uint)target;
                }
                else
                {
                    instruction.FarBranch16 = (ushort)target;
                }

                return true;
            case K.es or K.cs or K.ss or K.ds or K.fs or K.gs or K.seg_reg:
                Set(ref instruction, i, kind switch
                {
                    K.es => Register.ES,
                    K.cs => Register.CS,
                    K.ss => Register.SS,
                    K.ds => Register.DS,
                    K.fs => Register.FS,
                    K.gs => Register.GS,
                    _ => Register.ES + random.Below(6),
                });
                return true;
            default:
                return false;
        }
    }

    // Near the instruction, or at the code segment's limit when it is in reach.
    private ulong Target() => SeeksLimits && bits != 64 && random.Chance(50) ? BranchEdge() : Segments.Start + 2 + (uint)random.Below(200) - 100;

    private static void Set(ref Instruction instruction, int i, Register register)
    {
        instruction.SetOpKind(i, OpKind.Register);
        instruction.SetOpRegister(i, register);
    }

    private void SetMemory(ref Instruction instruction, int i, OpCodeInfo info, Code code)
    {
        instruction.SetOpKind(i, OpKind.Memory);
        int size = Math.Max(info.MemorySize.GetSize(), 1);
        // A locked access over a cache line's end stops the whole host for a moment, and kernels punish it.
        bool locked = info.CanUseLockPrefix || code.Mnemonic() == Mnemonic.Xchg;
        ulong At(int segment)
        {
            ulong offset = locked && random.Chance(95)
                ? (ulong)CaseLayout.WindowAt + (ulong)(0x100 + random.Below(0x60) * 32) - (bits == 64 ? 0 : Segments[segment].Base)
                : Place(segment, size, AlignmentOf(size));
            if (locked && (ToLinear(segment, offset) & 63) + (ulong)size > 64)
            {
                offset -= ToLinear(segment, offset) & 63;
            }

            return bits == 64 ? offset : (uint)offset;
        }


        if (info.GetOpKind(i) == K.mem_offs)
        {
            int segment = SeeksLimits && random.Chance(40) ? random.Below(6) : 3;
            instruction.SegmentPrefix = segment == 3 ? Register.None : Register.ES + segment;
            instruction.MemoryDisplSize = bits == 16 && random.Chance(20) ? 4 : bits / 8;
            instruction.MemoryDisplacement64 = At(segment) & (instruction.MemoryDisplSize == 2 ? 0xFFFFUL : ulong.MaxValue);
            return;
        }

        MemoryForm form = new(random, bits, _values, _pinned) { UsesAllSegments = SeeksLimits };
        form.Choose(At, ref instruction);
    }

    private int AlignmentOf(int size) => size >= 16 ? 16 : random.Chance(70) && int.IsPow2(size) ? size : 1;

    private void SetPrefixes(ref Instruction instruction, OpCodeInfo info, bool memoryFirst)
    {
        if (info.CanUseLockPrefix && memoryFirst && random.Chance(30))
        {
            instruction.HasLockPrefix = true;
        }

        if (info.CanUseRepPrefix && random.Chance(50))
        {
            instruction.HasRepPrefix = true;
        }
        else if (info.CanUseRepnePrefix && instruction.IsStringInstruction && random.Chance(40))
        {
            instruction.HasRepnePrefix = true;
        }
    }
}
