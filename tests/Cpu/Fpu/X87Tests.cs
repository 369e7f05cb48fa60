using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Doppel.Cpu.Interpreter.Fpu;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Tests.Fpu;

// SAFETY: pointers are the bench's own FXSAVE image.
public sealed unsafe class X87Tests
{
    private const uint At = (uint)FpuBench.Data;

    private static readonly byte[] Fld1 = [0xD9, 0xE8];
    private static readonly byte[] Fldz = [0xD9, 0xEE];
    private static readonly byte[] FdivSt1 = [0xD8, 0xF1];

    [Fact]
    public void Arithmetic_on_the_stack_gives_the_sum()
    {
        using FpuBench bench = new();
        Assert.Null(bench.Run(Fld1));
        Assert.Null(bench.Run(Fld1));
        Assert.Null(bench.Run(0xDE, 0xC1)); // faddp
        Assert.Null(bench.Run(Memory(0xDD, 3))); // fstp qword
        Assert.Equal(2.0, MemoryMarshal.Read<double>(bench.Memory));
        Assert.Equal(0, FxLayout.Tags(bench.Fx));
    }

    [Fact]
    public void Last_instruction_and_operand_are_the_guests()
    {
        using FpuBench bench = new();
        Assert.Null(bench.Run(Memory(0xD9, 0, 8))); // fld dword [data+8]
        Assert.Equal(FpuBench.Code | ((ulong)FpuBench.CodeSelector << 32), FxLayout.InstructionPointer(bench.Fx));
        Assert.Equal((At + 8) | ((ulong)FpuBench.DataSelector << 32), FxLayout.DataPointer(bench.Fx));
        Assert.Equal(0x105, FxLayout.Opcode(bench.Fx));
        Assert.Null(bench.Run(Fld1));
        Assert.Equal(0x1E8, FxLayout.Opcode(bench.Fx));
        Assert.Equal((At + 8) | ((ulong)FpuBench.DataSelector << 32), FxLayout.DataPointer(bench.Fx));
    }

    [Fact]
    public void Unmasked_zero_divide_waits_for_the_next_instruction()
    {
        using FpuBench bench = new();
        FxLayout.Control(bench.Fx) = 0x037B;
        Assert.Null(bench.Run(Fldz));
        Assert.Null(bench.Run(Fld1));
        byte[] before = Registers(bench);
        Assert.Null(bench.Run(FdivSt1)); // 1 / 0
        Assert.Equal(before, Registers(bench));
        Assert.Equal(0x8084, FxLayout.Status(bench.Fx) & 0x80BF);
        Assert.Equal(Vector.MF, bench.Run(Fld1));
        Assert.Equal(Vector.MF, bench.Run(0x9B));
        Assert.Equal(Vector.MF, bench.Run(0x0F, 0x77));
        Assert.Null(bench.Run(0xDF, 0xE0)); // fnstsw ax
        Assert.Equal(0x8084UL, bench.Core.Gpr(0) & 0x80BF);
        Assert.Null(bench.Run(0xDB, 0xE2)); // fnclex
        Assert.Null(bench.Run(Fld1));
    }

    [Fact]
    public void Unmasked_stack_overflow_leaves_the_stack()
    {
        using FpuBench bench = new();
        FxLayout.Control(bench.Fx) = 0x037E;
        for (int i = 0; i < 8; i++)
        {
            Assert.Null(bench.Run(Fld1));
        }

        Assert.Null(bench.Run(Fldz));
        Assert.Equal(0x82C1, FxLayout.Status(bench.Fx) & 0x82FF); // IE, SF, C1, ES, B
        Assert.Equal(0, FxLayout.Top(bench.Fx));
        Assert.Equal(0x3FFF, FxLayout.St(bench.Fx, 0)[9] << 8 | FxLayout.St(bench.Fx, 0)[8]);
    }

    [Theory]
    [InlineData(0x037F, true)]
    [InlineData(0x0377, false)] // overflow unmasked: memory stays
    [InlineData(0x035F, true)] // precision unmasked: stored, then reported
    public void Store_with_an_exception_writes_only_when_the_result_exists(int control, bool stored)
    {
        using FpuBench bench = new();
        bench.WriteMemory(16, [0, 0, 0, 0, 0, 0, 0, 0xC0, 0xFF, 0x7E]); // far above the range of a float
        bench.WriteMemory(0, [1, 2, 3, 4]);
        FxLayout.Control(bench.Fx) = (ushort)control;
        Assert.Null(bench.Run(Memory(0xDB, 5, 16))); // fld tbyte
        Assert.Null(bench.Run(Memory(0xD9, 2))); // fst dword
        Assert.Equal(stored ? 0x7F80_0000u : 0x0403_0201u, MemoryMarshal.Read<uint>(bench.Memory));
        Assert.Equal(control != 0x037F, FxLayout.IsErrorPending(bench.Fx));
    }

    [Fact]
    public void Unmasked_underflow_wraps_the_register()
    {
        using FpuBench bench = new();
        FxLayout.Control(bench.Fx) = 0x036F;
        bench.WriteMemory(0, [0, 0, 0, 0, 0, 0, 0, 0x80, 0x01, 0x00]); // smallest normal number
        Assert.Null(bench.Run(Memory(0xDB, 5)));
        Assert.Null(bench.Run(0xD8, 0xC8)); // fmul st0, st0
        Assert.True(FxLayout.IsErrorPending(bench.Fx));

        // 2^-16382 squared, times 2^24576 (Intel SDM vol. 1 8.5.5).
        int exponent = FxLayout.St(bench.Fx, 0)[8] | (FxLayout.St(bench.Fx, 0)[9] << 8);
        Assert.Equal((2 * -16382) + 24576 + 16383, exponent);
    }

    [Fact]
    public void Store_to_an_absent_page_faults_and_changes_nothing()
    {
        using FpuBench bench = new();
        Assert.Null(bench.Run(Fld1));
        byte[] before = bench.Core.Fx.Image.ToArray();
        Assert.Equal(Vector.PF, bench.Run(0xDD, 0x1D, 0, 0, 0, 0x30)); // fstp qword [0x30000000]
        Assert.Equal(0x3000_0000UL, bench.Core.S.Cr2);
        Assert.Equal(before, bench.Core.Fx.Image.ToArray());
        Assert.Equal(Vector.PF, bench.Run(0xDD, 0x05, 0xFC, 0x3F, 0, 0x10)); // fld qword across the end
        Assert.Equal(before, bench.Core.Fx.Image.ToArray());
    }

    [Theory]
    [InlineData(Cr0.EM, Vector.NM, null)]
    [InlineData(Cr0.TS, Vector.NM, null)]
    [InlineData(Cr0.TS | Cr0.MP, Vector.NM, Vector.NM)]
    [InlineData(Cr0.MP, null, null)]
    public void Control_registers_gate_the_unit(ulong bits, Vector? onFld, Vector? onWait)
    {
        using FpuBench bench = new();
        bench.Core.S.Cr0 |= bits;
        Assert.Equal(onFld, bench.Run(Fld1));
        Assert.Equal(onFld, bench.Run(0xDB, 0xE3));
        Assert.Equal(onWait, bench.Run(0x9B));
    }

    [Fact]
    public void Environment_and_state_survive_a_round_trip()
    {
        using FpuBench bench = new();
        Assert.Null(bench.Run(Fld1));
        Assert.Null(bench.Run(Fldz));
        Assert.Null(bench.Run(0xD9, 0xEB)); // fldpi
        byte[] before = bench.Core.Fx.Image.ToArray();
        Assert.Null(bench.Run(Memory(0xDD, 6, 64))); // fnsave
        Assert.Equal(0, FxLayout.Tags(bench.Fx));
        Assert.Equal(0xFFFF, BinaryPrimitives.ReadUInt16LittleEndian(bench.Memory[66..]));
        Assert.Equal(0b00_01_00_11_11_11_11_11, BinaryPrimitives.ReadUInt16LittleEndian(bench.Memory[72..])); // 1, 0 and pi in registers 7, 6, 5
        Assert.Equal((uint)FpuBench.Code, BinaryPrimitives.ReadUInt32LittleEndian(bench.Memory[76..]));
        Assert.Equal(FpuBench.CodeSelector | (0x1EBu << 16), BinaryPrimitives.ReadUInt32LittleEndian(bench.Memory[80..]));
        Assert.Null(bench.Run(Memory(0xDD, 4, 64))); // frstor
        Assert.Equal(before, bench.Core.Fx.Image.ToArray());
    }

    [Fact]
    public void Environment_tags_tell_valid_zero_and_empty()
    {
        using FpuBench bench = new();
        Assert.Null(bench.Run(Fld1)); // register 7
        Assert.Null(bench.Run(Fldz)); // register 6
        FxLayout.Control(bench.Fx) = 0x0340;
        Assert.Null(bench.Run(0x66, 0xD9, 0x35, 0, 0, 0, 0x10)); // fnstenv, 14 bytes
        Assert.Equal(0x1FFF, BinaryPrimitives.ReadUInt16LittleEndian(bench.Memory[4..]));
        Assert.Equal(0x0340, BinaryPrimitives.ReadUInt16LittleEndian(bench.Memory));
        Assert.Equal(0x037F, FxLayout.Control(bench.Fx));

        // Loading an environment with another TOP moves the window over registers that stay.
        bench.Memory[3] = 0x38;
        bench.Memory[2] = 0;
        Assert.Null(bench.Run(0x66, 0xD9, 0x25, 0, 0, 0, 0x10)); // fldenv
        Assert.Equal(7, FxLayout.Top(bench.Fx));
        Assert.Equal(0x3F, FxLayout.St(bench.Fx, 0)[9]);
        Assert.Equal(0x40, FxLayout.Control(bench.Fx) & 0x7F);
    }

    [Fact]
    public void Real_mode_environment_holds_linear_addresses()
    {
        using FpuBench bench = new();
        FxLayout.InstructionPointer(bench.Fx) = 0x0123 | (0xF000UL << 32);
        FxLayout.DataPointer(bench.Fx) = 0x4567 | (0x1000UL << 32);
        FxLayout.Opcode(bench.Fx) = 0x1E8;
        byte* to = stackalloc byte[28];
        X87Environment.Write(bench.Fx, to, wide: false, real: true);
        Assert.Equal(new ushort[] { 0x0123, 0xF1E8, 0x4567, 0x1000 }, new ReadOnlySpan<ushort>(to + 6, 4).ToArray());
        X87Environment.Write(bench.Fx, to, wide: true, real: true);
        Assert.Equal(new uint[] { 0xFFFF_0123, 0x0000_F1E8, 0xFFFF_4567, 0x0000_1000 }, new ReadOnlySpan<uint>(to + 12, 4).ToArray());
        X87Environment.Read(bench.Fx, to, wide: true, real: true, keepsRegisters: true);
        Assert.Equal(0xF_0123UL, FxLayout.InstructionPointer(bench.Fx));
        Assert.Equal(0x1_4567UL, FxLayout.DataPointer(bench.Fx));
        Assert.Equal(0x1E8, FxLayout.Opcode(bench.Fx));
    }

    [Fact]
    public void Compare_and_conditional_move_use_rflags()
    {
        using FpuBench bench = new();
        Assert.Null(bench.Run(Fldz));
        Assert.Null(bench.Run(Fld1));
        bench.Core.Rflags = 0x202 | 0x8D5;
        Assert.Null(bench.Run(0xDB, 0xF1)); // fcomi st0, st1: 1 > 0
        Assert.Equal(0x202UL, bench.Core.Rflags & 0xAD7);
        Assert.Null(bench.Run(0xDA, 0xC1)); // fcmovb: CF clear, stays
        Assert.Equal(0x3F, FxLayout.St(bench.Fx, 0)[9]);
        bench.Core.Rflags = 0x203;
        Assert.Null(bench.Run(0xDA, 0xC1));
        Assert.Equal(0, FxLayout.St(bench.Fx, 0)[9]);
        Assert.Equal(0x203UL, bench.Core.Rflags);
    }

    private static byte[] Memory(byte opcode, int digit, int offset = 0)
    {
        byte[] code = [opcode, (byte)(0x05 | (digit << 3)), 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32LittleEndian(code.AsSpan(2), At + (uint)offset);
        return code;
    }

    private static byte[] Registers(FpuBench bench) => bench.Core.Fx.Image.Slice(FxLayout.Registers, 128).ToArray();
}
