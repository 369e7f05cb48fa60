using System;
using System.Globalization;
using System.Text;
using System.Threading;
using Doppel.Cpu;
using Doppel.Motherboard;
using Doppel.Primitives;

namespace Doppel.Machine;

/// <summary>
/// The virtual CPUs of a machine as the run loop sees them: one thing that runs and counts. Several take turns on the machine's thread, in order of their
/// number, <see cref="Quantum"/> instructions each; HLT with nothing to wake for, and PAUSE, end a turn early; who waits is passed over. A turn begins
/// with its first instruction, never in between, so that the order depends on the guest alone and not on where the run loop stops
/// (docs/design/counting.md). Machine's thread, save <see cref="Kick"/>.
/// </summary>
internal sealed class VirtualProcessors : IDisposable
{
    /// <summary>Instructions of a turn.</summary>
    public const ulong Quantum = 5_000;

    /// <summary>Most virtual CPUs of a machine.</summary>
    public const int Most = SharedInstructionTime.MostSharing;

    private readonly Board _board;
    private readonly IVcpu[] _vcpus;
    private readonly SharedInstructionTime? _time;
    private readonly VcpuState _scratch = new();
    private ulong _used = Quantum;
    private int _current;
    private int _sharing = 1;
    private volatile bool _isKicked;

    /// <summary>Takes over the CPUs of <paramref name="board"/>'s sockets.</summary>
    public VirtualProcessors(Board board, IVcpu[] vcpus)
    {
        _board = board;
        _vcpus = vcpus;
        _time = board.Clock.Source as SharedInstructionTime;
        TakeFirstTurn();
    }

    /// <summary>How many there are.</summary>
    public int Count => _vcpus.Length;

    /// <summary>The one that boots.</summary>
    public IVcpu Boot => _vcpus[0];

    /// <summary>Instructions retired since power-on, by all of them.</summary>
    public ulong RetiredInstructions => Sum(_vcpus);

    /// <summary>Each of them.</summary>
    public ReadOnlySpan<IVcpu> All => _vcpus;

    /// <summary>Instructions retired by all of <paramref name="vcpus"/>; those that are not there yet have retired none.</summary>
    public static ulong Sum(IVcpu?[] vcpus)
    {
        ulong sum = 0;
        foreach (IVcpu? vcpu in vcpus)
        {
            sum += vcpu?.RetiredInstructions ?? 0;
        }

        return sum;
    }

    /// <summary>Whether none executes instructions.</summary>
    public bool AreHalted()
    {
        foreach (IVcpu vcpu in _vcpus)
        {
            vcpu.Load(_scratch);
            if (_scratch.R.Activity != VcpuActivity.Halted && (_vcpus.Length == 1 || _scratch.R.Activity != VcpuActivity.WaitForSipi))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether any of them, all being halted, would take an interrupt or has an NMI.</summary>
    public bool AreWakeable()
    {
        foreach (IVcpu vcpu in _vcpus)
        {
            vcpu.Load(_scratch);
            bool isDeaf = _vcpus.Length > 1 && _scratch.R.Activity == VcpuActivity.WaitForSipi;
            if (!isDeaf && ((_scratch.R.Rflags & (ulong)X86.Registers.RFlags.IF) != 0 || _scratch.R.NmiPending != 0))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Runs until the board has something to do, <paramref name="most"/> instructions at most. <see cref="StopReason.Halt"/>: none of them has anything to do.
    /// </summary>
    public StopReason Run(ulong most) => _vcpus.Length == 1 ? _vcpus[0].Run(new RunLimits(_board.PlanRun(most))) : RunTurns(most);

    /// <summary>Makes <see cref="Run"/> return soon. Any thread.</summary>
    public void Kick()
    {
        // Told first: whoever has its turn next sees it.
        _isKicked = _vcpus.Length > 1;
        _vcpus[Volatile.Read(ref _current)].Kick();
    }

    /// <summary>
    /// Has the processors reset by <paramref name="reset"/>; the next turn is then that of the boot processor. Counts of retired instructions stay: they
    /// are time in deterministic mode, which does not go back.
    /// </summary>
    public void ResetWith(Action reset)
    {
        ulong[] retired = Array.ConvertAll(_vcpus, vcpu => vcpu.RetiredInstructions);
        reset();
        VcpuState state = new();
        for (int i = 0; i < _vcpus.Length; i++)
        {
            if (_vcpus[i].RetiredInstructions != retired[i])
            {
                _vcpus[i].Load(state);
                state.R.Retired = retired[i];
                _vcpus[i].Store(state);
            }
        }

        TakeFirstTurn();
    }

    /// <summary>A fault of Doppel's own, in words, with the processor that ran last.</summary>
    public string DescribeFault(Exception fault)
    {
        string processor;
        try
        {
            processor = Describe(all: false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            processor = "the processor's state cannot be shown: " + e.Message;
        }

        return $"Doppel itself failed, and stops this machine only; please report this\n{fault}\n{processor}";
    }

    /// <summary>Registers and recent exceptions in words: of the one that ran last, or of all.</summary>
    public string Describe(bool all)
    {
        if (_vcpus.Length == 1)
        {
            return _vcpus[0].Describe();
        }

        StringBuilder text = new();
        for (int i = 0; i < _vcpus.Length; i++)
        {
            if (all || i == _current)
            {
                text.Append(CultureInfo.InvariantCulture, $"processor {i} of {_vcpus.Length}\n").Append(_vcpus[i].Describe());
            }
        }

        return text.ToString();
    }

    /// <summary>Writes all CPUs and, where there are several, whose turn it is.</summary>
    public void Save(IStateWriter to)
    {
        for (int i = 0; i < _vcpus.Length; i++)
        {
            _vcpus[i].Load(_scratch);
            VcpuStateRecord.Save(NameOf(i), _scratch.R, to);
        }

        if (_vcpus.Length > 1)
        {
            to.Begin("turns", 1);
            to.Write("current", (ulong)_current);
            to.Write("used", _used);
            to.Write("sharing", (ulong)_sharing);
            to.Write("fraction", (ulong)(_time?.Fraction ?? 0));
            to.End();
        }
    }

    /// <summary>Reads it back. The clock is restored behind it.</summary>
    public void Restore(IStateReader from)
    {
        for (int i = 0; i < _vcpus.Length; i++)
        {
            VcpuStateRecord.Restore(NameOf(i), ref _scratch.R, from);
            _vcpus[i].Store(_scratch);
        }

        if (_vcpus.Length > 1)
        {
            from.Begin("turns", 1);
            _current = (int)from.ReadUnsigned("current", (ulong)_vcpus.Length - 1);
            _used = from.ReadUnsigned("used", Quantum);
            int sharing = (int)from.ReadUnsigned("sharing", (ulong)_vcpus.Length);
            uint fraction = (uint)from.ReadUnsigned("fraction", SharedInstructionTime.UnitsPerNanosecond - 1);
            from.End();
            Share(Math.Max(sharing, 1));
            if (_time is not null)
            {
                _time.Fraction = fraction;
            }
        }
    }

    public void Dispose()
    {
        foreach (IVcpu vcpu in _vcpus)
        {
            vcpu.Dispose();
        }
    }

    private static string NameOf(int index) => "vcpu" + index.ToString(CultureInfo.InvariantCulture);

    private StopReason RunTurns(ulong most)
    {
        ulong began = RetiredInstructions;
        uint passed = 0;
        while (true)
        {
            ulong done = RetiredInstructions - began;
            if (done >= most && done != 0)
            {
                return StopReason.Budget;
            }

            if (_isKicked)
            {
                _isKicked = false;
                return StopReason.Kick;
            }

            (int last, int sharedBy) = (_current, _sharing);
            bool begins = _used >= Quantum;
            if (begins && !TryBegin(passed))
            {
                return StopReason.Halt;
            }

            int turn = _current;
            IVcpu vcpu = _vcpus[turn];
            _board.Running = turn;
            ulong before = vcpu.RetiredInstructions;
            StopReason reason = vcpu.Run(new RunLimits(Math.Min(_board.PlanRun(most - done), Quantum - _used)));
            ulong ran = vcpu.RetiredInstructions - before;
            bool pauses = _board.TakePause();
            if (begins && ran == 0)
            {
                // It has not begun: what comes in before it does may call another one first.
                _current = last;
                _used = Quantum;
                Share(sharedBy);
                if (reason != StopReason.Halt)
                {
                    return reason;
                }

                // What seemed to wake it has gone, or a forged state says what cannot be: it must not keep the others from their turns.
                passed |= 1u << turn;
                continue;
            }

            passed = 0;
            _used += ran;
            if (pauses || vcpu.IsWaiting || (reason == StopReason.Halt && ran == 0))
            {
                _used = Quantum;
            }

            if (reason == StopReason.Shutdown || (reason == StopReason.Kick && !pauses))
            {
                return reason;
            }

            if (_board.Requests != BoardRequests.None || _board.Clock.NextDue <= _board.Clock.Now)
            {
                return StopReason.Kick;
            }
        }
    }

    // The turn goes to the next that does not wait. Time is shared by all that do not; "passed" are those that were found to wait after all.
    private bool TryBegin(uint passed)
    {
        int next = -1;
        int ready = 0;
        for (int step = 1; step <= _vcpus.Length; step++)
        {
            int candidate = (_current + step) % _vcpus.Length;
            if (!_vcpus[candidate].IsWaiting && (passed & (1u << candidate)) == 0)
            {
                ready++;
                next = next < 0 ? candidate : next;
            }
        }

        if (next < 0)
        {
            return false;
        }

        Volatile.Write(ref _current, next);
        _used = 0;
        Share(ready);
        return true;
    }

    private void Share(int processors)
    {
        if (processors != _sharing)
        {
            _sharing = processors;
            if (_time is not null)
            {
                _time.Sharing = processors;
            }
        }
    }

    private void TakeFirstTurn()
    {
        _current = _vcpus.Length - 1;
        _used = Quantum;
    }
}
