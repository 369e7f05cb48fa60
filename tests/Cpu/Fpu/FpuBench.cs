using System;
using System.Runtime.InteropServices;
using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.Fpu;
using Doppel.Memory;
using Doppel.Primitives;
using Doppel.X86.Cpuid;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;
using Iced.Intel;

namespace Doppel.Cpu.Tests.Fpu;

/// <summary>A core in paged flat protected mode at CPL 3, four pages of data at 0x1000_0000, that runs single instructions through the lowering.</summary>
// SAFETY: pointers reach into the core's own FxArea; the bench keeps the core alive.
internal sealed unsafe class FpuBench : IDisposable
{
    internal const ulong Data = 0x1000_0000;
    internal const ulong Code = 0x2000_0010;
    internal const ushort CodeSelector = 0x1B;
    internal const ushort DataSelector = 0x23;
    private const ulong Directory = 0x1000;
    private const ulong Table = 0x2000;
    internal const ulong DataPhysical = 0x4000;

    private static readonly CpuModel Model = new("bench", "DoppelDoppel", "bench", 6, 15, 1, 36, (CpuFeatures)ulong.MaxValue);

    private readonly GuestRam _ram = new("fpu-bench", 0x1_0000);
    private bool _decoded;

    internal FpuBench()
    {
        GuestPhysicalSpace space = new();
        space.AddRam(new Gpa(0), _ram, 0, 0x1_0000);
        Write32(Directory + ((Data >> 22) * 4), (uint)Table | 7);
        for (uint i = 0; i < 4; i++)
        {
            Write32(Table + (i * 4), (uint)(DataPhysical + (i * 0x1000)) | 7);
        }

        Core = new InterpreterCore(space, Model, new SilentBus());
        Core.S.Cr0 = Cr0.PE | Cr0.PG | Cr0.WP | Cr0.NE | Cr0.ET;
        Core.S.Cr3 = Directory;
        Core.S.Cr4 = Cr4.OSFXSR | Cr4.OSXMMEXCPT | Cr4.OSXSAVE;
        Core.S.Xcr0 = 3;
        Core.Cpl = 3;
        for (int i = 0; i < 6; i++)
        {
            Core.S.Segment[i] = new SegmentState
            {
                Limit = uint.MaxValue,
                Selector = i == Seg.CS ? CodeSelector : DataSelector,
                Attributes = (ushort)(Attr.Present | Attr.NotSystem | Attr.Big | Attr.Granular | Attr.Accessed | Attr.Writable | (3 << 5) | (i == Seg.CS ? Attr.Code : 0)),
            };
        }

        SegmentRegisters.DeriveAll(Core);
        FxLayout.Control(Fx) = FxLayout.InitialControl;
        FxLayout.MxcsrOf(Fx) = 0x1F80;
    }

    internal InterpreterCore Core { get; }

    internal byte* Fx => Core.Fx.Base;

    /// <summary>The data pages.</summary>
    internal Span<byte> Memory => new((byte*)_ram.Base.Value + DataPhysical, 0x4000);

    /// <summary>64-bit code from now on.</summary>
    internal void EnterLongMode()
    {
        Core.S.Cr0 &= ~Cr0.PG;
        Core.S.Efer |= Efer.LMA | Efer.LME;
        Core.S.Segment[Seg.CS].Attributes = (ushort)((Core.S.Segment[Seg.CS].Attributes & ~Attr.Big) | Attr.Long);
        SegmentRegisters.DeriveAll(Core);
    }

    internal void WriteMemory(int offset, ReadOnlySpan<byte> bytes) => bytes.CopyTo(Memory[offset..]);

    /// <summary>Runs one instruction. Null: no exception.</summary>
    internal Vector? Run(params ReadOnlySpan<byte> code)
    {
        Op op = Lower(code);
        return op.Handler == null ? Vector.UD : Execute(ref op);
    }

    internal Vector? Execute(ref Op op)
    {
        Core.Stop = StopFlags.None;
        op.Handler(Core, ref op);
        return (Core.Stop & StopFlags.Fault) != 0 ? Core.PendingVector : null;
    }

    internal Op Lower(ReadOnlySpan<byte> code)
    {
        bool valid = TryLower(code, out Op op);
        Assert.True(valid || !_decoded, $"{Convert.ToHexString(code)} is not lowered");
        return op;
    }

    /// <summary>False: not an instruction, or none of these units.</summary>
    internal bool TryLower(ReadOnlySpan<byte> code, out Op op, bool quick = true)
    {
        bool wide = (Core.Mode & CpuMode.Code64) != 0;
        Decoder decoder = Decoder.Create(wide ? 64 : 32, new ByteArrayCodeReader(code.ToArray()));
        decoder.IP = Code;
        Instruction instruction = decoder.Decode();
        op = default;
        _decoded = instruction.Code != Iced.Intel.Code.INVALID;
        if (!_decoded)
        {
            return false;
        }

        op.NextIp = instruction.NextIP;
        op.Length = (byte)instruction.Length;
        op.Base = RegisterFile.ZeroRegister;
        op.Index = RegisterFile.ZeroRegister;
        op.Segment = Op.Flat;
        op.AddressMask = wide ? ulong.MaxValue : uint.MaxValue;
        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Memory)
            {
                op.Base = Place(instruction.MemoryBase);
                op.Index = Place(instruction.MemoryIndex);
                op.Scale = (byte)System.Numerics.BitOperations.Log2((uint)instruction.MemoryIndexScale);
                op.Displacement = instruction.MemoryDisplacement64;
                op.Segment = (byte)(instruction.MemorySegment - Register.ES);
            }
        }

        bool lowered = quick ? FpuLowering.TryLower(instruction, Model, ref op) : X87Lowering.TryLower(instruction, ref op, quick: false);
        Assert.Equal(lowered, op.Handler != null);
        return lowered;
    }

    public void Dispose()
    {
        Core.Memory.Dispose();
        Core.Fx.Dispose();
        _ram.Dispose();
    }

    private static byte Place(Register register) => register == Register.None ? RegisterFile.ZeroRegister : (byte)(register.GetNumber() * 8);

    private void Write32(ulong at, uint value) => _ram.Write((long)at, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in value)));

    private sealed class SilentBus : IVcpuBus
    {
        public byte TaskPriority { get; set; }

        public ulong TimestampHertz => 1_000_000_000;

        public ulong ReadPort(ushort port, AccessSize size) => ulong.MaxValue;

        public void WritePort(ushort port, AccessSize size, ulong value)
        {
        }

        public ulong ReadMmio(Gpa at, AccessSize size) => ulong.MaxValue;

        public void WriteMmio(Gpa at, AccessSize size, ulong value)
        {
        }

        public bool TryReadMsr(uint msr, out ulong value)
        {
            value = 0;
            return false;
        }

        public bool TryWriteMsr(uint msr, ulong value) => false;

        public bool TryAcknowledgeInterrupt(out byte vector)
        {
            vector = 0;
            return false;
        }

        public ulong ReadTimestamp() => 0;

        public ulong DrawRandom() => 0;
    }
}
