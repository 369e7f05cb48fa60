using System;
using System.IO;
using System.Threading;
using Doppel.Backends;
using Doppel.Backends.Terminal;
using Doppel.Backends.Vnc;
using Doppel.Backends.Window;
using Doppel.Cli.Reporting;
using Doppel.Cli.Displays;
using Doppel.Host;
using Doppel.Machine;

namespace Doppel.Cli.Running;

/// <summary>What shows the screen of this run, opened: made after the machine, closed before it.</summary>
internal sealed class OpenDisplay : IDisposable
{
    private const int StandardInput = 0;
    private const int StandardOutput = 1;

    private readonly IDisplayBackend? _display;
    private RawTerminal? _raw;
    private DescriptorReader? _keys;
    private Stream? _screen;

    private OpenDisplay(IDisplayBackend? display) => _display = display;

    /// <summary>Shows the screen as the options ask; throws the error for people when that cannot be.</summary>
    internal static OpenDisplay Open(RunOptions options, VirtualMachine machine, Ending ending, CliStreams streams)
    {
        if (machine.Screen is null)
        {
            return new OpenDisplay(null);
        }

        OpenDisplay open = options.Display.Kind switch
        {
            DisplayKind.Window => Window(options, machine),
            DisplayKind.Terminal => Terminal(machine, ending, streams),
            DisplayKind.Auto when HasDesktop => TryWindow(options, machine, streams),
            _ => Vnc(options, machine, streams),
        };
        machine.Show(open._display!);
        return open;
    }

    /// <summary>Puts the terminal back. Any number of times.</summary>
    internal void Restore()
    {
        lock (this)
        {
            (_display as TerminalDisplay)?.Dispose();
            _raw?.Dispose();
            _raw = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _keys?.Stop();
        Restore();
        _display?.Dispose();
        _screen?.Dispose();
    }

    private static bool HasDesktop => Environment.GetEnvironmentVariable("DISPLAY") is { Length: > 0 } || Environment.GetEnvironmentVariable("WAYLAND_DISPLAY") is { Length: > 0 };

    private static OpenDisplay TryWindow(RunOptions options, VirtualMachine machine, CliStreams streams)
    {
        try
        {
            return new OpenDisplay(NewWindow(options, machine));
        }
        catch (HostException e)
        {
            streams.Say($"no window: {Printable.Line(e.Message)}");
            return Vnc(options, machine, streams);
        }
    }

    private static OpenDisplay Window(RunOptions options, VirtualMachine machine)
    {
        try
        {
            return new OpenDisplay(NewWindow(options, machine));
        }
        catch (HostException e)
        {
            throw CliException.HostCannot($"--display: {Printable.Line(e.Message)}; or use --display vnc");
        }
    }

    // Closing the window is pressing the power button.
    private static WindowDisplay NewWindow(RunOptions options, VirtualMachine machine)
    {
        WindowDisplay window = new(options.Name, machine.Input, () => machine.Post(m => PressPower(m)));
        window.SetState("running");
        return window;
    }

    private static void PressPower(VirtualMachine machine)
    {
        try
        {
            machine.PressPowerButton();
        }
        catch (InvalidOperationException)
        {
            // A recorded machine is left by other means.
        }
    }

    private static OpenDisplay Vnc(RunOptions options, VirtualMachine machine, CliStreams streams)
    {
        DisplayOption asked = options.Display;
        try
        {
            VncServer server = new(
                new VncOptions
                {
                    Address = asked.Address,
                    Port = asked.Port,
                    WebSocketPort = asked.WebSocketPort,
                    Password = asked.PasswordFile is { } file ? Password(file) : null,
                    Name = options.Name.Length == 0 ? "Doppel" : options.Name,
                    Note = options.Verbose ? line => streams.Say(Printable.Line(line)) : null,
                },
                machine.Input);
            string also = server.WebSocketPort is { } port ? $", WebSocket on port {port}" : string.Empty;
            streams.Say($"the screen is at vnc://{asked.Address}:{server.Port}{also}");
            return new OpenDisplay(server);
        }
        catch (HostException e)
        {
            throw CliException.HostCannot($"--display: {Printable.Line(e.Message)}");
        }
        catch (ArgumentException e)
        {
            throw CliException.Usage($"--display: {Printable.Line(e.Message)}");
        }
    }

    private static string Password(string path)
    {
        HostChecks.IsFile("--display", path);
        using StreamReader file = new(path);
        return file.ReadLine() is { Length: > 0 } line ? line : throw CliException.Usage($"--display: the first line of {Printable.Line(path)} is empty; it should be the password");
    }

    private static OpenDisplay Terminal(VirtualMachine machine, Ending ending, CliStreams streams)
    {
        if (!Host.Terminal.IsTerminal(StandardInput) || !Host.Terminal.TryGetSize(StandardOutput, out int columns, out int rows))
        {
            throw CliException.HostCannot("--display: standard input and output are no terminal; use --display vnc");
        }

        streams.Say("Escape key is Ctrl-]");
        RawTerminal raw = RawTerminal.Enter(StandardInput);
        Stream screen = Console.OpenStandardOutput();
        bool drawsPictures = Environment.GetEnvironmentVariable("COLORTERM") is "truecolor" or "24bit";
        TerminalDisplay display = new(screen, machine.Input, columns, rows, drawsPictures);
        DescriptorReader keys = new(StandardInput);
        new Thread(() => Pump(keys, display, ending)) { IsBackground = true, Name = "terminal keys" }.Start();
        return new OpenDisplay(display) { _raw = raw, _keys = keys, _screen = screen };
    }

    private static void Pump(DescriptorReader from, TerminalDisplay display, Ending ending)
    {
        byte[] buffer = new byte[256];
        ReadOutcome outcome;
        while ((outcome = from.Read(buffer, out int count)) == ReadOutcome.Data)
        {
            if (Host.Terminal.TryGetSize(StandardOutput, out int columns, out int rows))
            {
                display.Resize(columns, rows);
            }

            if (!display.Type(buffer.AsSpan(0, count)))
            {
                ending.Request(ExitCode.Success, string.Empty);
                return;
            }
        }

        if (outcome == ReadOutcome.End)
        {
            ending.Request(ExitCode.HungUp, "the terminal went away");
        }
    }
}
