using System;
using System.Collections.Generic;
using System.IO;
using Doppel.Cpu.Interpreter;
using Doppel.Memory;
using Doppel.Primitives;
using Doppel.X86.Cpuid;
using Iced.Intel;

namespace Doppel.Cpu.Tests.Run;

/// <summary>
/// A 32-bit flat machine with paging off and 4 MiB of RAM: code at 0x100000, stack below 0x80000, an IDT at 0x2000 whose handlers (0x3000 + vector * 16)
/// halt. Programs are written with Iced's assembler.
/// </summary>
internal sealed class Program32 : IVcpuBus, IDisposable
{
    internal const uint Code = 0x10_0000;
    internal const uint Data = 0x20_0000;
    internal const uint Handlers = 0x3000;

    private readonly GuestPhysicalSpace _space = new();

    internal Program32(Action<Assembler> write)
    {
        _space.AddRam(new Gpa(0), Ram, 0, 0x40_0000);
        CpuModel model = new("test", "GenuineIntel", "Test", 6, 1, 1, 36, (CpuFeatures)ulong.MaxValue & ~CpuFeatures.Lm);
        Vcpu = (InterpreterVcpu)new InterpreterEngine().Create(_space).CreateVcpu(0, model, this);
        Put(Code, write);
        Tables();
        VcpuState state = new();
        Vcpu.Load(state);
        state.R.Cr0 = 0x11;
        state.R.Rip = Code;
        state.R.Rflags = 2;
        state.R.Gpr[4] = 0x8_0000;
        for (int i = 0; i < 6; i++)
        {
            state.R.Segment[i] = new SegmentState { Selector = 0x10, Limit = uint.MaxValue, Attributes = 0xC093 };
        }

        state.R.Segment[1] = new SegmentState { Selector = 8, Limit = uint.MaxValue, Attributes = 0xC09B };
        state.R.Gdtr = new DescriptorTableState { Base = 0x1000, Limit = 0x17 };
        state.R.Idtr = new DescriptorTableState { Base = 0x2000, Limit = 0x7FF };
        Vcpu.Store(state);
    }

    public byte TaskPriority { get; set; }

    public ulong TimestampHertz => 1_000_000_000;

    internal GuestRam Ram { get; } = new("test", 0x40_0000);

    internal InterpreterVcpu Vcpu { get; }

    /// <summary>Called on port writes.</summary>
    internal Action<ushort, ulong>? PortWritten { get; set; }

    internal byte? WaitingVector { get; set; }

    internal List<ulong> CountsAtPorts { get; } = [];

    internal VcpuRecord State
    {
        get
        {
            VcpuState state = new();
            Vcpu.Load(state);
            return state.R;
        }
    }

    internal void Put(uint at, Action<Assembler> write)
    {
        Assembler a = new(32);
        write(a);
        using MemoryStream bytes = new();
        a.Assemble(new StreamCodeWriter(bytes), at);
        Ram.Write(at, bytes.ToArray());
    }

    internal uint Read32(uint at) => BitConverter.ToUInt32(Ram.Read(at, 4));

    internal void Write32(uint at, uint value) => Ram.Write(at, BitConverter.GetBytes(value));

    internal StopReason Run(ulong instructions = 10_000) => Vcpu.Run(new RunLimits(instructions));

    internal void Change(Func<VcpuRecord, VcpuRecord> change)
    {
        VcpuState state = new();
        Vcpu.Load(state);
        state.R = change(state.R);
        Vcpu.Store(state);
    }

    /// <summary>A device with data behind every port, or null.</summary>
    internal PortStream? Stream { get; set; }

    public ulong ReadPort(ushort port, AccessSize size)
    {
        CountsAtPorts.Add(Vcpu.RetiredInstructions);
        return Stream?.Read((int)size) ?? 0x5A;
    }

    public void WritePort(ushort port, AccessSize size, ulong value)
    {
        CountsAtPorts.Add(Vcpu.RetiredInstructions);
        Stream?.Write((int)size, value);
        PortWritten?.Invoke(port, value);
    }

    public int ReadPortMany(ushort port, AccessSize size, Span<byte> to) => Stream?.ReadMany((int)size, to) ?? 0;

    public int WritePortMany(ushort port, AccessSize size, ReadOnlySpan<byte> from) => Stream?.WriteMany((int)size, from) ?? 0;

    public ulong ReadMmio(Gpa at, AccessSize size) => size.AllOnes();

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
        vector = WaitingVector ?? 0;
        bool waits = WaitingVector is not null;
        WaitingVector = null;
        Vcpu.SetInterruptRequest(false);
        return waits;
    }

    public ulong ReadTimestamp() => Vcpu.RetiredInstructions;

    public ulong DrawRandom() => 0x8123_4567_89AB_CDEF;

    public void Dispose()
    {
        Vcpu.Dispose();
        Ram.Dispose();
    }

    private void Tables()
    {
        Ram.Write(0x1008, [0xFF, 0xFF, 0, 0, 0, 0x9B, 0xCF, 0, 0xFF, 0xFF, 0, 0, 0, 0x93, 0xCF, 0]);
        for (uint vector = 0; vector < 256; vector++)
        {
            uint handler = Handlers + (vector * 16);
            Write32(0x2000 + (vector * 8), (8 << 16) | (handler & 0xFFFF));
            Write32(0x2004 + (vector * 8), (handler & 0xFFFF_0000) | 0x8E00);
            Ram.Write(handler, [0xF4]);
        }
    }
}
