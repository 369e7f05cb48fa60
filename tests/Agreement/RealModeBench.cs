using System;
using Doppel.Cpu;
using Doppel.Memory;
using Doppel.Primitives;

namespace Doppel.Agreement.Tests;

/// <summary>A machine of one CPU in real mode and 16 MiB of RAM without any hole, as the recorded 80286 had it.</summary>
internal sealed class RealModeBench : IDisposable
{
    /// <summary>What real-mode addresses can reach: 10FFEF, rounded up to a page.</summary>
    internal const int ReachLength = 0x11_0000;

    private readonly GuestRam _ram = new("real-bench", 16 << 20);
    private readonly IEngineInstance _engine;
    private readonly byte[] _zeros = new byte[4096];

    internal RealModeBench(ICpuEngine engine)
    {
        GuestPhysicalSpace space = new();
        space.AddRam(new Gpa(0), _ram, 0, (ulong)_ram.LengthBytes);
        _engine = engine.Create(space);
        Vcpu = _engine.CreateVcpu(0, Engines.Model, new QuietBus());
        Vcpu.Reset();
        Vcpu.Load(State);
        State.R.Idtr = new DescriptorTableState { Limit = 0x3FF };
    }

    internal IVcpu Vcpu { get; }

    internal VcpuState State { get; } = new();

    internal void Poke(int at, byte value) => _ram.Write(at, [value]);

    internal ReadOnlySpan<byte> Page(int page) => _ram.Read((long)page << 12, 4096);

    internal bool IsTouched(int page) => (_ram.GetMarks(page) & PageMarks.Dirty) != 0;

    /// <summary>Zeroes a page and forgets that it was written.</summary>
    internal void Forget(int page)
    {
        _ram.Write((long)page << 12, _zeros);
        _ram.ClearMarks(page, PageMarks.Dirty);
    }

    /// <summary>Loads a segment register as real mode does.</summary>
    internal void SetSegment(int index, ushort selector) =>
        State.R.Segment[index] = new SegmentState { Base = (ulong)selector << 4, Limit = 0xFFFF, Selector = selector, Attributes = (ushort)(index == 1 ? 0x9B : 0x93) };

    /// <summary>Gives <see cref="State"/> to the CPU, runs to HLT, and takes the state back. False: it did not halt.</summary>
    internal bool RunToHalt()
    {
        State.R.Activity = VcpuActivity.Running;
        State.R.InterruptShadow = 0;
        State.R.PendingDebug = 0;

        // No x87 error of an earlier case may wait.
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(FxBytes.Of(State), 0x037F);
        Vcpu.Store(State);

        // The longest case is a REP of 65,535 iterations.
        StopReason reason = Vcpu.Run(new RunLimits(70_000));
        Vcpu.Load(State);
        return reason == StopReason.Halt;
    }

    public void Dispose()
    {
        Vcpu.Dispose();
        _engine.Dispose();
        _ram.Dispose();
    }
}
