using System;
using System.Buffers.Binary;
using Doppel.Cpu;
using Doppel.Memory;
using Doppel.Primitives;
using Doppel.X86.Cpuid;
using Doppel.X86.Exceptions;
using Doppel.X86.Registers;

namespace Doppel.Agreement.Tests.Live;

/// <summary>
/// A machine of one CPU in long mode that mirrors the process of the host stub: the same selectors, CPL 3, the window and the code page mapped at the
/// same places; for each vector a handler that is one HLT in ring 0, above the canonical hole.
/// </summary>
internal sealed class LiveBench : IDisposable
{
    private const ulong KernelLinear = 0xFFFF_8000_0000_0000;
    private const int RamLength = 0x4_0000;
    private const int Pml4At = 0x1000;
    private const int LowPointersAt = 0x2000;
    private const int HighPointersAt = 0x3000;
    private const int LowDirectoryAt = 0x4000;
    private const int HighDirectoryAt = 0x5000;
    private const int WindowTableAt = 0x6000;
    private const int CodeTableAt = 0x7000;
    private const int KernelTableAt = 0x8000;
    private const int GdtAt = 0x9000;
    private const int IdtAt = 0xA000;
    private const int TssAt = 0xB000;
    private const int HandlersAt = 0xC000;
    private const int HandlerStride = 16;
    private const int StackTop = 0x1_0000;
    private const int WindowRam = 0x2_0000;
    private const int CodeRam = 0x2_1000;
    private const ushort KernelCode = LiveDescriptors.KernelCode;
    private const int LdtAt = 0xA00;
    private const ulong UserPage = 0x67;
    private const ulong KernelPage = 0x63;

    private readonly GuestRam _ram = new("live-bench", RamLength);
    private readonly IEngineInstance _engine;
    private readonly IVcpu _vcpu;
    private readonly VcpuState _state = new();

    /// <summary>A bench whose CPU has the features of the model "max" and the given maker.</summary>
    internal LiveBench(ICpuEngine engine, string vendor)
    {
        GuestPhysicalSpace space = new();
        space.AddRam(new Gpa(0), _ram, 0, RamLength);
        WritePageTables();
        WriteTables();
        _engine = engine.Create(space);
        _vcpu = _engine.CreateVcpu(0, CpuModels.Find("max") with { Vendor = vendor }, new QuietBus());
        _vcpu.Reset();
        _vcpu.Load(_state);
        PrepareState();
    }

    /// <summary>Runs a case until its trap or fault.</summary>
    internal void Run(LiveCase test, LiveOutcome outcome)
    {
        for (int at = 0; at < CaseLayout.WindowLength; at += CaseLayout.PatternLength)
        {
            _ram.Write(WindowRam + at, test.Pattern);
        }

        Span<byte> code = stackalloc byte[16];
        test.WriteCode(code);
        _ram.Write(CodeRam + CaseLayout.CodeOffset, code);

        ref VcpuRecord r = ref _state.R;
        for (int i = 0; i < 16; i++)
        {
            r.Gpr[i] = test.Registers[i];
        }

        r.Rip = test.Segments.Start;
        r.Rflags = test.Flags;
        test.Fx.CopyTo(FxBytes.Of(_state));
        int repeats = test.Repeats;
        do
        {
            Enter(test.Segments);
            StopReason reason = _vcpu.Run(new RunLimits(16));
            _vcpu.Load(_state);
            if (reason != StopReason.Halt || _state.R.Segment[1].Selector != KernelCode)
            {
                outcome.Vector = -1;
                return;
            }

            Collect(outcome);
            outcome.Registers.CopyTo(r.Gpr);
            r.Rip = outcome.Rip;
            r.Rflags = outcome.Flags;
        }
        while (outcome.Vector == 1 && outcome.Rip == test.Segments.Start && repeats-- > 0);
        FxBytes.Of(_state).CopyTo(outcome.Fx);
        _ram.Read(WindowRam, CaseLayout.WindowLength).CopyTo(outcome.Memory);
    }

    public void Dispose()
    {
        _vcpu.Dispose();
        _engine.Dispose();
        _ram.Dispose();
    }

    private void Enter(SegmentSetup segments)
    {
        ref VcpuRecord r = ref _state.R;
        for (int i = 0; i < 6; i++)
        {
            r.Segment[i] = segments[i];
        }

        r.Activity = VcpuActivity.Running;
        r.InterruptShadow = 0;
        r.PendingDebug = 0;
        r.Dr[6] = 0xFFFF_0FF0;
        r.Cr2 = 0;
        _vcpu.Store(_state);
    }

    private void Collect(LiveOutcome outcome)
    {
        ref VcpuRecord r = ref _state.R;
        for (int i = 0; i < 16; i++)
        {
            outcome.Registers[i] = r.Gpr[i];
        }

        int vector = (int)((r.Rip - KernelLinear - HandlersAt) / HandlerStride);
        bool hasError = ((Vector)vector).HasErrorCode();
        int frame = StackTop - (hasError ? 48 : 40);
        outcome.Vector = vector;
        outcome.ErrorCode = hasError ? (uint)Read(frame) : 0;
        frame += hasError ? 8 : 0;
        outcome.Rip = Read(frame);
        outcome.Flags = Read(frame + 16);
        outcome.Registers[4] = Read(frame + 24);
        outcome.FaultAddress = r.Cr2;
        outcome.WrongSegment = -1;
        for (int i = 0; i < 6; i++)
        {
            outcome.Selectors[i] = i switch { 1 => (ushort)Read(frame + 8), 2 => (ushort)Read(frame + 32), _ => r.Segment[i].Selector };
            SegmentState loaded = LiveDescriptors.StateOf(r.Segment[i].Selector);
            if (i is not (1 or 2) && (r.Segment[i].Base, r.Segment[i].Limit, r.Segment[i].Attributes) != (loaded.Base, loaded.Limit, loaded.Attributes))
            {
                outcome.WrongSegment = i;
            }
        }
    }

    private ulong Read(int at) => BinaryPrimitives.ReadUInt64LittleEndian(_ram.Read(at, 8));

    private void Write(int at, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        _ram.Write(at, bytes);
    }

    private void WritePageTables()
    {
        Write(Pml4At, LowPointersAt | UserPage);
        Write(Pml4At + 256 * 8, HighPointersAt | KernelPage);
        Write(LowPointersAt, LowDirectoryAt | UserPage);
        Write(HighPointersAt, HighDirectoryAt | KernelPage);
        Write(LowDirectoryAt + (CaseLayout.WindowAt >> 21) * 8, WindowTableAt | UserPage);
        Write(LowDirectoryAt + (CaseLayout.CodeAt >> 21) * 8, CodeTableAt | UserPage);
        Write(HighDirectoryAt, KernelTableAt | KernelPage);
        Write(WindowTableAt, WindowRam | UserPage);
        Write(CodeTableAt, CodeRam | UserPage);
        for (int page = 0; page < RamLength >> 12; page++)
        {
            Write(KernelTableAt + page * 8, (ulong)(page << 12) | KernelPage);
        }
    }

    private void WriteTables()
    {
        for (int i = 0; i < LiveDescriptors.Global.Count; i++)
        {
            Write(GdtAt + i * 8, LiveDescriptors.Global[i]);
        }

        for (int i = 0; i < LiveDescriptors.Local.Count; i++)
        {
            Write(LdtAt + i * 8, LiveDescriptors.Local[i].Bits);
        }

        Write(TssAt + 4, KernelLinear + StackTop);
        for (int vector = 0; vector < 256; vector++)
        {
            ulong handler = KernelLinear + HandlersAt + (ulong)(vector * HandlerStride);
            ulong gate = vector is 3 or 4 ? 0xEE00u : 0x8E00u;
            Write(IdtAt + vector * 16, (handler & 0xFFFF) | ((ulong)KernelCode << 16) | (gate << 32) | ((handler & 0xFFFF_0000) << 32));
            Write(IdtAt + vector * 16 + 8, handler >> 32);
            _ram.Write(HandlersAt + vector * HandlerStride, [0xF4]);
        }
    }

    private void PrepareState()
    {
        ref VcpuRecord r = ref _state.R;
        r.Cr0 = Cr0.PE | Cr0.MP | Cr0.ET | Cr0.NE | Cr0.WP | Cr0.AM | Cr0.PG;
        r.Cr3 = Pml4At;
        r.Cr4 = Cr4.PAE | Cr4.OSFXSR | Cr4.OSXMMEXCPT | Cr4.OSXSAVE;
        r.Xcr0 = 3;
        r.Efer = Efer.SCE | Efer.LME | Efer.LMA | Efer.NXE;
        r.Gdtr = new DescriptorTableState { Base = KernelLinear + GdtAt, Limit = LiveDescriptors.GdtLimit };
        r.Idtr = new DescriptorTableState { Base = KernelLinear + IdtAt, Limit = 256 * 16 - 1 };
        r.Segment[6] = new SegmentState { Base = KernelLinear + LdtAt, Limit = (uint)LiveDescriptors.Local.Count * 8 - 1, Selector = LiveDescriptors.LocalTable, Attributes = 0x0082 };
        r.Segment[7] = new SegmentState { Base = KernelLinear + TssAt, Limit = 0x67, Selector = LiveDescriptors.TaskState, Attributes = 0x008B };
    }
}
