using Doppel.Cpu.Interpreter.Core;
using Doppel.Cpu.Interpreter.Decode;
using Doppel.Cpu.Interpreter.Memory;
using Doppel.Memory;
using Doppel.Primitives;
using Doppel.X86.Cpuid;

namespace Doppel.Cpu.Interpreter;

/// <summary>One interpreted vCPU: the contract around <see cref="InterpreterCore"/> and <see cref="RunLoop"/>.</summary>
internal sealed class InterpreterVcpu : IVcpu
{
    private readonly InterpreterCore _core;
    private readonly BlockCache _blocks;
    private readonly RunLoop _loop;
    private readonly WriteTagWatch _writeTags;

    internal InterpreterVcpu(int index, GuestPhysicalSpace space, CpuModel model, IVcpuBus bus, CodeMarks marks)
    {
        _core = new InterpreterCore(space, model, bus, index);
        _blocks = new BlockCache(_core, marks);
        _loop = new RunLoop(_core, _blocks);
        space.Changed += _core.Memory.FlushAll;
        _writeTags = new WriteTagWatch(space, _core.Memory.DropAllWriters);
        Reset();
    }

    /// <summary>The state, for tests of single instructions.</summary>
    internal InterpreterCore Core => _core;

    /// <inheritdoc/>
    public ulong RetiredInstructions => _core.RetiredBefore + (ulong)_core.CurrentPosition;

    /// <inheritdoc/>
    public bool IsWaiting => _core.S.IsWaitingWith(_core.SystemFlags);

    /// <inheritdoc/>
    public StopReason Run(in RunLimits limits) => _loop.Run(limits.MaxInstructions);

    /// <inheritdoc/>
    public void Kick() => _core.Attend(Attention.Kick);

    /// <inheritdoc/>
    public void RequestStop()
    {
        _core.Attend(Attention.Stop);
        _core.LeaveBlock();
    }

    /// <inheritdoc/>
    public void SetInterruptRequest(bool asserted)
    {
        _core.S.InterruptRequest = asserted ? 1u : 0;
        if (asserted)
        {
            _core.Attend(Attention.Interrupt);
            _core.LeaveBlock();
        }
        else
        {
            _core.Unattend(Attention.Interrupt);
        }
    }

    /// <inheritdoc/>
    public void RaiseNmi()
    {
        _core.S.NmiPending = 1;
        _core.Attend(Attention.Nmi);
        _core.LeaveBlock();
    }

    /// <inheritdoc/>
    public void RaiseSmi()
    {
        _core.S.SmiPending = 1;
        _core.Attend(Attention.Management);
        _core.LeaveBlock();
    }

    /// <inheritdoc/>
    public void Reset()
    {
        ulong retired = RetiredInstructions;
        uint request = _core.S.InterruptRequest;
        VcpuState state = new();
        PowerOnState.Fill(ref state.R, _core.Model);
        state.R.Retired = retired;
        state.R.InterruptRequest = request;
        Store(state);
    }

    /// <inheritdoc/>
    public void Load(VcpuState to) => StateTransfer.Load(_core, to);

    /// <inheritdoc/>
    public void Store(VcpuState from)
    {
        StateTransfer.Store(_core, from);
        _core.Bus.SetSystemManagement(_core.S.SystemManagement != 0);
        _core.Memory.FlushAll();
        _loop.RecomputeAttention();
    }

    /// <inheritdoc/>
    public bool Translate(Gva at, out Gpa where)
    {
        bool found = _core.Memory.Slow.TryPeek(at.Value, out ulong physical);
        where = new Gpa(physical);
        return found;
    }

    /// <inheritdoc/>
    public string Describe() => CrashReport.Describe(_core);

    /// <inheritdoc/>
    public void Dispose()
    {
        _core.Space.Changed -= _core.Memory.FlushAll;
        _writeTags.Dispose();
        _blocks.Dispose();
        _core.Memory.Dispose();
        _core.Fx.Dispose();
    }
}
