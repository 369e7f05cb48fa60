using System;
using Doppel.Cpu.Interpreter.Fpu;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Cpu.Tests.Fpu;

// SAFETY: pointers are the bench's own FXSAVE image.
public sealed unsafe class SavedStateTests
{
    private static readonly byte[] Fxsave = [0x0F, 0xAE, 0x05, 0, 0, 0, 0x10];
    private static readonly byte[] Fxrstor = [0x0F, 0xAE, 0x0D, 0, 0, 0, 0x10];
    private static readonly byte[] Xsave = [0x0F, 0xAE, 0x25, 0, 0, 0, 0x10];
    private static readonly byte[] Xrstor = [0x0F, 0xAE, 0x2D, 0, 0, 0, 0x10];

    [Fact]
    public void Image_survives_a_round_trip()
    {
        using FpuBench bench = new();
        Fill(bench);
        byte[] before = bench.Core.Fx.Image[..288].ToArray();
        bench.Memory[..512].Fill(0xEE);
        Assert.Null(bench.Run(Fxsave));
        Assert.Equal(before.AsSpan(0, 28), bench.Memory[..28]);
        Assert.Equal(0xFFFF, BitConverter.ToInt32(bench.Memory[28..]));
        Assert.Equal(0xEE, bench.Memory[288]); // XMM8 is not seen from 32-bit code
        Assert.Null(bench.Run(0xDB, 0xE3));
        new Span<byte>(FxLayout.XmmAt(bench.Fx, 0), 128).Clear();
        Assert.Null(bench.Run(Fxrstor));
        Assert.Equal(before.AsSpan(0, 28), bench.Core.Fx.Image[..28]);
        Assert.Equal(before.AsSpan(32), bench.Core.Fx.Image[32..288]);
    }

    [Fact]
    public void Restoring_reserved_mxcsr_bits_or_misaligned_faults()
    {
        using FpuBench bench = new();
        Fill(bench);
        byte[] before = bench.Core.Fx.Image.ToArray();
        bench.Memory[26] = 1;
        Assert.Equal(Vector.GP, bench.Run(Fxrstor));
        Assert.Equal(Vector.GP, bench.Run(0x0F, 0xAE, 0x0D, 8, 0, 0, 0x10));
        Assert.Equal(Vector.GP, bench.Run(0x0F, 0xAE, 0x05, 8, 0, 0, 0x10));
        Assert.Equal(Vector.PF, bench.Run(0x0F, 0xAE, 0x05, 0, 0x3F, 0, 0x10));
        Assert.Equal(before, bench.Core.Fx.Image.ToArray());
        bench.Core.S.Cr0 |= Cr0.TS;
        Assert.Equal(Vector.NM, bench.Run(Fxsave));
    }

    [Fact]
    public void Restored_unmasked_error_is_pending()
    {
        using FpuBench bench = new();
        Assert.Null(bench.Run(Fxsave));
        bench.Memory[0] = 0x7B; // zero divide unmasked
        bench.Memory[2] = 4;
        Assert.Null(bench.Run(Fxrstor));
        Assert.Equal(0x8084, FxLayout.Status(bench.Fx));
        Assert.Equal(Vector.MF, bench.Run(0xD9, 0xE8));
    }

    [Fact]
    public void Long_mode_saves_all_registers_and_whole_pointers()
    {
        using FpuBench bench = new();
        bench.EnterLongMode();
        Fill(bench);
        bench.Core.Gpr(0) = FpuBench.DataPhysical; // paging is off
        FxLayout.InstructionPointer(bench.Fx) = 0x1234_5678_9ABC;
        Assert.Null(bench.Run(0x48, 0x0F, 0xAE, 0x00)); // fxsave64 [rax]
        Assert.Equal(bench.Core.Fx.Image[8..28], bench.Memory[8..28]);
        Assert.Equal(bench.Core.Fx.Image[160..416], bench.Memory[160..416]);
        Assert.Null(bench.Run(0x0F, 0xAE, 0x00)); // fxsave [rax]
        Assert.Equal(0x5678_9ABCUL, BitConverter.ToUInt64(bench.Memory[8..]));
    }

    [Fact]
    public void Extended_save_writes_what_was_asked_for()
    {
        using FpuBench bench = new();
        Fill(bench);
        bench.Memory[..576].Fill(0xEE);
        bench.Memory.Slice(512, 64).Clear();
        bench.Core.Gpr(0) = 2;
        bench.Core.Gpr(2) = 0xFFFF_FFFF;
        Assert.Null(bench.Run(Xsave));
        Assert.Equal(0xEE, bench.Memory[0]);
        Assert.Equal(0xEE, bench.Memory[32]);
        Assert.Equal(0x80, bench.Memory[24]);
        Assert.Equal(FxLayout.XmmAt(bench.Fx, 0)[3], bench.Memory[163]);
        Assert.Equal(2, bench.Memory[512]);
        bench.Core.Gpr(0) = 3;
        Assert.Null(bench.Run(Xsave));
        Assert.Equal(3, bench.Memory[512]);
        byte[] before = bench.Core.Fx.Image[..288].ToArray();
        bench.Core.Fx.Image[..288].Clear();
        Assert.Null(bench.Run(Xrstor));
        Assert.Equal(before.AsSpan(0, 28), bench.Core.Fx.Image[..28]);
        Assert.Equal(before.AsSpan(32), bench.Core.Fx.Image[32..288]);
        bench.Memory[512] = 1; // SSE absent: initial values
        Assert.Null(bench.Run(Xrstor));
        Assert.Equal(-1, bench.Core.Fx.Image[160..288].IndexOfAnyExcept((byte)0));
        bench.Memory[512] = 0;
        Assert.Null(bench.Run(Xrstor));
        Assert.Equal(FxLayout.InitialControl, FxLayout.Control(bench.Fx));
        Assert.Equal(0, FxLayout.Tags(bench.Fx));
    }

    [Fact]
    public void Extended_forms_check_their_conditions()
    {
        using FpuBench bench = new();
        bench.Core.Gpr(0) = 3;
        bench.Memory[512] = 4; // a component that XCR0 does not enable
        Assert.Equal(Vector.GP, bench.Run(Xrstor));
        bench.Memory[512] = 3;
        bench.Memory[520] = 1;
        Assert.Equal(Vector.GP, bench.Run(Xrstor));
        Assert.Equal(Vector.GP, bench.Run(0x0F, 0xAE, 0x25, 0x10, 0, 0, 0x10)); // 64-byte alignment
        bench.Core.S.Cr4 &= ~Cr4.OSXSAVE;
        Assert.Equal(Vector.UD, bench.Run(Xsave));
    }

    private static void Fill(FpuBench bench)
    {
        Assert.Null(bench.Run(0xD9, 0xE8));
        Assert.Null(bench.Run(0xD9, 0xEB));
        for (int i = 0; i < 256; i++)
        {
            FxLayout.XmmAt(bench.Fx, 0)[i] = (byte)((i * 7) + 1);
        }
    }
}
