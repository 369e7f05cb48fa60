using System;
using System.Linq;
using System.Text;
using System.Threading;
using Doppel.Backends;
using Doppel.Cli.Guests;
using Doppel.Cpu;
using Doppel.Machine;

namespace Doppel.Guests.Tests;

/// <summary>
/// A booted guest as a test sees it: type, expect, power off. Every step has its time limit, and a step that fails shows the end of what
/// the guest printed.
/// </summary>
internal sealed class GuestSession : IDisposable
{
    private const string Prompt = "guest# ";
    private const string AskForCursor = "\u001b[6n";
    private static readonly TimeSpan BootPatience = TimeSpan.FromMinutes(6);
    private static readonly TimeSpan StepPatience = TimeSpan.FromMinutes(2);

    private readonly Transcript _transcript;
    private readonly VirtualMachine _machine;
    private readonly Thread _runner;
    private MachineExit? _exit;
    private Exception? _failure;

    private GuestSession(Func<Transcript, VirtualMachine> make)
    {
        _transcript = new Transcript();
        _machine = make(_transcript);
        _runner = new Thread(Run) { IsBackground = true, Name = "guest" };
    }

    /// <summary>Starts a guest of the catalogue; skips the test when the guest has not been fetched or the engine is not in this build.</summary>
    internal static GuestSession Start(string name, string engine = "auto", string append = "", Func<MachineSpec, MachineSpec>? change = null)
    {
        MachineSpec spec = SpecOf(name, engine, append);
        return Of(change is null ? spec : change(spec));
    }

    /// <summary>What a guest of the catalogue runs on, without a serial port; skips the test as <see cref="Start"/> does.</summary>
    internal static MachineSpec SpecOf(string name, string engine = "auto", string append = "")
    {
        GuestDefinition guest = GuestCatalogue.Find(name);
        GuestFiles? files = GuestCache.OfUser().TryOpen(guest);
        Assert.SkipWhen(files is null, $"guest {name} has not been fetched (./setup or ./doppel fetch does)");
        Assert.SkipUnless(Engines.All.Any(e => e.Probe().Fitness != EngineFitness.Unusable), "no engine of this build works here");
        return new MachineSpec
        {
            KernelPath = files!.KernelPath,
            InitrdPath = files.InitrdPath,
            CommandLine = $"{GuestDefinition.CommandLine} {append}".TrimEnd(),
            Engine = engine,
        };
    }

    /// <summary>A person at the guest's keyboard and mouse.</summary>
    internal IInputSink Input => _machine.Input;

    /// <summary>Starts any machine; the serial port is this session's.</summary>
    internal static GuestSession StartMachine(MachineSpec spec) => Of(spec);

    /// <summary>Starts a guest and waits for its prompt.</summary>
    internal static GuestSession Boot(string name, string engine = "auto")
    {
        GuestSession session = Start(name, engine);
        session.Await(Prompt, BootPatience);
        return session;
    }

    /// <summary>Lets a forked machine run.</summary>
    internal GuestSession Go()
    {
        _runner.Start();
        return this;
    }

    /// <summary>Makes the machine stand still for good.</summary>
    internal void Stop()
    {
        _machine.RequestStop();
        Assert.Equal(MachineExitKind.Stopped, End().Kind);
    }

    /// <summary>Forks the running machine, <paramref name="count"/> times at the same instant; the children wait for <see cref="Go"/>.</summary>
    internal GuestSession[] Fork(int count, Func<MachineSpec, int, MachineSpec> change)
    {
        GuestSession[] children = new GuestSession[count];
        using ManualResetEventSlim done = new();
        Exception? failure = null;
        _machine.Post(parent =>
        {
            try
            {
                for (int i = 0; i < count; i++)
                {
                    MachineSpec spec = change(parent.Spec, i);
                    children[i] = new GuestSession(transcript => parent.Fork(spec with { Serial0 = transcript }));
                }
            }
            catch (Exception e)
            {
                failure = e;
            }

            done.Set();
        });
        Assert.True(done.Wait(StepPatience), "the machine was not forked");
        return failure is null ? children : throw new InvalidOperationException("the fork failed", failure);
    }

    /// <summary>Presses keys; "\n" is Enter.</summary>
    internal GuestSession Type(string keys)
    {
        _machine.PostSerialInput(0, Encoding.ASCII.GetBytes(keys.Replace('\n', '\r')));
        return this;
    }

    /// <summary>Waits until the guest prints <paramref name="words"/>.</summary>
    internal GuestSession Expect(string words)
    {
        Await(words, StepPatience);
        return this;
    }

    /// <summary>Waits for the prompt of a kernel that boots anew.</summary>
    internal void AwaitPrompt() => Await(Prompt, BootPatience);

    /// <summary>Runs a command at the prompt and returns what it printed, lines ended by "\n".</summary>
    internal string Command(string command)
    {
        Type(command + "\n");
        Await(command + "\r\n", StepPatience);
        return Await(Prompt, StepPatience).Replace("\r\n", "\n", StringComparison.Ordinal).Replace(AskForCursor, string.Empty, StringComparison.Ordinal).TrimEnd('\n');
    }

    /// <summary>Waits for the end of the machine.</summary>
    internal MachineExit End()
    {
        if (!_runner.Join(BootPatience))
        {
            Assert.Fail($"the machine does not end; the guest printed:\n{Tail()}");
        }

        return _failure is null ? _exit! : throw new InvalidOperationException("the machine threw", _failure);
    }

    /// <summary>All that the guest printed.</summary>
    internal string Printed => _transcript.ToString();

    public void Dispose()
    {
        _machine.RequestStop();
        if (!_runner.IsAlive || _runner.Join(TimeSpan.FromSeconds(20)))
        {
            _machine.Dispose();
        }
    }

    private static GuestSession Of(MachineSpec spec) => new GuestSession(transcript => new VirtualMachine(spec with { Serial0 = transcript })).Go();

    private string Await(string words, TimeSpan patience)
    {
        string? before = _transcript.WaitFor(words, patience);
        if (before is null)
        {
            string state = _exit is null ? "it still runs\n" + Describe() : $"it ended: {_exit}";
            Assert.Fail($"the guest did not print \"{words}\"; {state} {_failure}; its last words:\n{Tail()}");
        }

        return before;
    }

    // Where it hangs: the processor and all devices, between two instructions.
    private string Describe()
    {
        string found = "and does not answer";
        using ManualResetEventSlim done = new();
        _machine.Post(machine =>
        {
            found = $"{machine.RetiredInstructions} instructions at {machine.Now.Nanoseconds} ns\n{machine.DescribeProcessor()}\n{machine.DescribeState()}";
            done.Set();
        });
        _ = done.Wait(TimeSpan.FromSeconds(10));
        return found;
    }

    private string Tail()
    {
        string all = Printed;
        return all.Length > 3000 ? all[^3000..] : all;
    }

    private void Run()
    {
        try
        {
            _exit = _machine.Run();
        }
        catch (Exception e)
        {
            _failure = e;
        }
        finally
        {
            _transcript.End();
        }
    }
}
