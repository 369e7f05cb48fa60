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

    /// <summary>Register values of the last instruction made.</summary>
    internal ReadOnlySpan<ulong> Values => _values;

    internal bool TryMake(Code code, out Instruction instruction)
    {
        OpCodeInfo info = code.ToOpCode();
        Array.Clear(_pinned);
        for (int i = 0; i < 16; i++)
        {
            _values[i] = random.Number();
        }

        instruction = default;
        instruction.Code = code;
        PinImplicit(code, info);
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
    private ulong Address(int size, int alignment)
    {
        int chance = random.Below(100);
        long offset = chance < 5 ? CaseLayout.WindowLength - random.Below(Math.Max(size, 1)) - (random.Chance(20) ? 0 : 1)
            : chance < 7 ? -random.Below(Math.Max(size, 1))
            : chance < 8 && bits == 64 ? (long)(random.Next() | (1UL << 62)) & long.MaxValue
            : chance < 20 ? 0x100 + random.Below(0xD00)
            : (0x100 + random.Below(0xD00)) & -alignment;
        return (ulong)(CaseLayout.WindowAt + offset);
    }

    private void Pin(int register, ulong value)
    {
        _values[register] = value;
        _pinned[register] = true;
    }

    private void PinImplicit(Code code, OpCodeInfo info)
    {
        Mnemonic mnemonic = code.Mnemonic();
        if (info.IsStackInstruction || mnemonic is Mnemonic.Enter or Mnemonic.Leave)
        {
            int register = mnemonic == Mnemonic.Leave ? 5 : 4;
            ulong address = Address(8, random.Chance(80) ? 8 : 1);
            Pin(register, address + (mnemonic is Mnemonic.Push or Mnemonic.Call && random.Chance(5) ? 4u : 0u));
            if (mnemonic == Mnemonic.Enter)
            {
                Pin(5, Address(8, 8));
            }
        }

        for (int i = 0; i < info.OpCount; i++)
        {
            switch (info.GetOpKind(i))
            {
                case K.seg_rSI:
                    Pin(6, Address(8, 1));
                    break;
                case K.es_rDI or K.seg_rDI:
                    Pin(7, Address(16, 1));
                    break;
                case K.seg_rBX_al:
                    Pin(3, Address(256, 1) - (_values[0] & 0xFF));
                    break;
            }
        }

        if (info.CanUseRepPrefix || info.CanUseRepnePrefix)
        {
            Pin(1, (ulong)random.Below(12) + (random.Chance(5) ? 1UL << 35 : 0));
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
        int pointer = bits == 64 ? (random.Chance(85) ? 2 : 1) : (random.Chance(97) ? 1 : 0);
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
                instruction.NearBranch16 = (ushort)(CaseLayout.CodeStart + 2 + (uint)random.Below(200) - 100);
                return true;
            case K.br32_1 or K.br32_4:
                instruction.SetOpKind(i, OpKind.NearBranch32);
                instruction.NearBranch32 = CaseLayout.CodeStart + 2 + (uint)random.Below(200) - 100;
                return true;
            case K.br64_1 or K.br64_4:
                instruction.SetOpKind(i, OpKind.NearBranch64);
                instruction.NearBranch64 = CaseLayout.CodeStart + 2 + (uint)random.Below(200) - 100;
                return true;
            default:
                return false;
        }
    }

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
        ulong address = locked && random.Chance(95) ? CaseLayout.WindowAt + (ulong)(0x100 + random.Below(0x60) * 32) : Address(size, AlignmentOf(size));
        if (locked && (address & 63) + (ulong)size > 64)
        {
            address &= ~63UL;
        }

        if (info.GetOpKind(i) == K.mem_offs)
        {
            instruction.MemoryDisplSize = bits / 8;
            instruction.MemoryDisplacement64 = bits == 64 ? address : (uint)address;
            return;
        }

        MemoryForm.Choose(random, bits, address, _values, _pinned, ref instruction);
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
