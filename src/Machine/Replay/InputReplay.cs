using Doppel.Backends;
using Doppel.Machine.Outside;
using Doppel.Primitives;

namespace Doppel.Machine.Replay;

/// <summary>
/// Gives a machine the outside input of a log at the instants at which it came, and says when the machine does not do what it did. The run loop may not
/// run past <see cref="Next"/>.
/// </summary>
internal sealed class InputReplay(ReplayLogReader log, ICharacterSink[] sinks)
{
    private bool _hasRead;
    private ReplayEntry? _next;

    /// <summary>What happens next; null: the log is over.</summary>
    public ReplayEntry? Next
    {
        get
        {
            if (!_hasRead)
            {
                _hasRead = true;
                _next = log.Next();
            }

            return _next;
        }
    }

    /// <summary>When the next thing happens; <see cref="GuestTime.Never"/>: the log is over.</summary>
    public GuestTime NextTime => Next is { } next ? new GuestTime(next.At.Nanoseconds) : GuestTime.Never;

    /// <summary>Instructions from <paramref name="retired"/> until the next thing happens; where it takes none, or nothing comes: no bound.</summary>
    public ulong InstructionsUntilNext(ulong retired) => Next is { } next && next.At.Retired > retired ? next.At.Retired - retired : ulong.MaxValue;

    /// <summary>Why the replay cannot go on; null: it can.</summary>
    public string? Failure { get; private set; }

    /// <summary>The end of a run from outside that is due now, or null.</summary>
    public EndEntry? DueEnd(ReplayInstant now) => Next is EndEntry { FromOutside: true } end && end.At == now ? end : null;

    /// <summary>Whether the run loop has something to do at this very instant.</summary>
    public bool IsDue(ReplayInstant now) => Next is { } next && next.At == now && next is (InputEntry or MarkEntry or EndEntry { FromOutside: true });

    /// <summary>Gives what came in at this instant.</summary>
    public void Deliver(ReplayInstant now)
    {
        while (Failure is null)
        {
            switch (Next)
            {
                case null:
                    Failure = $"the log ends at {log.EndOfLog}; {log.Inputs} inputs were replayed, up to {now}";
                    return;
                case { } past when past.At.Nanoseconds < now.Nanoseconds || past.At.Retired < now.Retired:
                    Diverged(now, $"the next record of the log is of {past.At}");
                    return;
                case InputEntry input when input.At == now:
                    Give(input, now);
                    break;
                case MarkEntry mark when mark.At == now:
                    Pass();
                    break;
                default:
                    return;
            }
        }
    }

    /// <summary>The machine stands still and cannot reach the next record.</summary>
    public void Stuck(ReplayInstant now) => Diverged(now, $"the guest waits, but the next record of the log is of {Next?.At}");

    /// <summary>Compares the end of a run with the log's; what the guest did itself must be the same too.</summary>
    /// <returns>False: <see cref="Failure"/> says what differs.</returns>
    public bool IsSameEnd(ReplayInstant now, byte kind, byte code, bool fromOutside, string hash)
    {
        while (Next is MarkEntry mark && mark.At == now)
        {
            Pass();
        }

        if (Next is not EndEntry end)
        {
            Diverged(now, Next is null ? $"the run ends, but the log ends before, at {log.EndOfLog}" : $"the run ends, but the log goes on with a record of {Next.At}");
            return false;
        }

        if (end.At != now || (!fromOutside && (end.FromOutside || end.Kind != kind || end.Code != code)))
        {
            Diverged(now, $"the run ends otherwise than the recorded one, which ended at {end.At}");
            return false;
        }

        if (end.Hash != hash)
        {
            Failure = $"the state at {now} is not the recorded one: hash {hash}, recorded {end.Hash}";
            return false;
        }

        Pass();
        return true;
    }

    private void Give(InputEntry input, ReplayInstant now)
    {
        ICharacterSink sink = sinks[input.Port];
        if (!sink.IsListening || sink.Room < input.Bytes.Length)
        {
            Diverged(now, $"{InputPort.Describe(input.Port)} does not take the {input.Bytes.Length} bytes that it took when recorded");
            return;
        }

        sink.Receive(input.Bytes.Span);
        Pass();
    }

    private void Diverged(ReplayInstant now, string why) => Failure ??= $"the machine does not do what was recorded: at {now} {why}";

    private void Pass()
    {
        _hasRead = false;
        _next = null;
    }
}
