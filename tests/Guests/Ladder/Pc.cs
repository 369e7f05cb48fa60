using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Text;
using System.Threading;
using Doppel.Backends;
using Doppel.Backends.Disk;
using Doppel.Backends.Keys;
using Doppel.Backends.Picture;
using Doppel.Machine;

namespace Doppel.Guests.Tests.Ladder;

/// <summary>
/// A PC that boots from its firmware, or a kernel of the host's, as a person sees it: a screen to read, keys and a mouse, media, a serial line. Every step
/// has its time limit, and a step that fails shows the screen and the end of what the serial line said.
/// </summary>
internal sealed class Pc : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly Transcript _serial = new();
    private readonly VirtualMachine _machine;
    private readonly Thread _runner;
    private readonly List<IBlockBackend> _media;
    private readonly Stopwatch _since = Stopwatch.StartNew();
    private volatile MachineExit? _exit;
    private volatile Exception? _failure;

    private Pc(MachineSpec spec)
    {
        _media = [.. spec.Drives.Select(drive => drive.Medium).OfType<IBlockBackend>()];
        _machine = new VirtualMachine(spec with { Serial0 = _serial });
        _runner = new Thread(Run) { IsBackground = true, Name = "guest" };
        _runner.Start();
    }

    /// <summary>Patience with a step, unless it says otherwise.</summary>
    internal TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(120);

    /// <summary>Time since power-on.</summary>
    internal TimeSpan Elapsed => _since.Elapsed;

    /// <summary>All that came over the first serial line.</summary>
    internal string Serial => _serial.ToString();

    /// <summary>A PC with these drives; skips the test when there is no firmware on this host.</summary>
    internal static Pc Boot(DriveSpec[] drives, string order = "cad", long memory = 128L << 20, Func<MachineSpec, MachineSpec>? change = null)
    {
        MachineSpec spec = new() { MemoryBytes = memory, Drives = drives, BootOrder = order, HasDisplay = true, FirmwarePath = Firmware(), VideoRomPath = VideoRom() };
        return new Pc(change is null ? spec : change(spec));
    }

    /// <summary>A PC whose kernel is loaded by the host, with a display all the same; skips the test when there is no ROM for it.</summary>
    internal static Pc Load(string kernel, long memory = 128L << 20, Func<MachineSpec, MachineSpec>? change = null)
    {
        MachineSpec spec = new() { MemoryBytes = memory, KernelPath = kernel, HasDisplay = true, VideoRomPath = VideoRom() };
        return new Pc(change is null ? spec : change(spec));
    }

    /// <summary>The image in the first floppy drive; what is written to it is lost.</summary>
    internal static DriveSpec Floppy(string path) => new(DriveKind.Floppy, 0, Discarding(path));

    /// <summary>The image in a CD-ROM drive at the second channel.</summary>
    internal static DriveSpec Cdrom(string path) => new(DriveKind.IdeCdrom, 2, DiskFile.Open(path, readOnly: true));

    /// <summary>The image as first disk; what is written to it is lost.</summary>
    internal static DriveSpec Disk(string path) => new(DriveKind.IdeDisk, 0, Discarding(path));

    /// <summary>An image that can be written while its file stays as it is.</summary>
    internal static IBlockBackend Discarding(string path) => new OverlayDisk(DiskFile.Open(path, readOnly: true));

    /// <summary>Waits until the text screen shows <paramref name="words"/>.</summary>
    internal Pc ExpectScreen(string words, TimeSpan? patience = null)
    {
        Await(() => ScreenText().Contains(words, StringComparison.Ordinal), () => $"the screen does not show \"{words}\"", patience);
        return this;
    }

    /// <summary>Waits until the text screen is as asked.</summary>
    internal Pc ExpectScreen(Func<string, bool> isRight, string what, TimeSpan? patience = null)
    {
        Await(() => isRight(ScreenText()), () => $"the screen does not show {what}", patience);
        return this;
    }

    /// <summary>Waits until the serial line has said <paramref name="words"/> behind what was awaited before; returns what stood before them.</summary>
    internal string ExpectSerial(string words, TimeSpan? patience = null) =>
        _serial.WaitFor(words, patience ?? Patience) ?? throw Failure($"the serial line did not say \"{words}\"");

    /// <summary>Waits until the picture has this size and these colours.</summary>
    internal Pc ExpectPicture(int width, int height, params (int X, int Y, uint Colour)[] pixels)
    {
        ScreenPicture picture = new();
        Await(
            () =>
            {
                picture = Picture();
                return picture.Width == width && picture.Height == height && Array.TrueForAll(pixels, p => picture.Row(p.Y)[p.X] == p.Colour);
            },
            () => $"the picture is not {width}x{height} with {Colours(pixels, p => $"#{p.Colour:x6}")} but {picture.Width}x{picture.Height} with " +
                Colours(pixels, p => p.X < picture.Width && p.Y < picture.Height ? $"#{picture.Row(p.Y)[p.X]:x6}" : "nothing"),
            null);
        return this;
    }

    /// <summary>Waits until the picture is as asked.</summary>
    internal Pc ExpectPicture(Func<ScreenPicture, bool> isRight, string what)
    {
        Await(() => isRight(Picture()), () => $"the picture does not show {what}", null);
        return this;
    }

    /// <summary>Waits until the picture differs from <paramref name="before"/>.</summary>
    internal Pc ExpectChange(ScreenPicture before)
    {
        Await(
            () => Picture() is var now && !(now.Width == before.Width && now.Height == before.Height && now.Pixels.SequenceEqual(before.Pixels)),
            () => "the picture does not change",
            null);
        return this;
    }

    /// <summary>Types text on a US keyboard at the pace of a fast typist; "\n" is Enter.</summary>
    internal Pc Type(string text)
    {
        Assert.True(KeyTyping.TryType(text, out IReadOnlyList<KeyEvent> events, out char inTheWay), $"no key prints {inTheWay}");
        Press(events, milliseconds: 15);
        return this;
    }

    /// <summary>Presses keys by name, one after the other: "enter", "ctrl-alt-delete".</summary>
    internal Pc Keys(params string[] chords)
    {
        foreach (string chord in chords)
        {
            Assert.True(KeyNames.TryChord(chord, out IReadOnlyList<KeyEvent> events, out string unknown), $"no key is named {unknown}");
            Press(events, milliseconds: 40);
        }

        return this;
    }

    /// <summary>Takes the medium out of a drive.</summary>
    internal Pc Eject(string drive) => Do(machine => machine.ChangeMedium(machine.Drives.Single(d => d.DriveName == drive), null));

    /// <summary>Moves the mouse in ten steps, slowly enough for guests not to accelerate it much.</summary>
    internal Pc MoveMouse(int right, int down)
    {
        const int Steps = 10;
        for (int i = 0; i < Steps; i++)
        {
            _machine.Input.Pointer(right / Steps, down / Steps, 0, PointerButtons.None);
            Thread.Sleep(80);
        }

        return this;
    }

    /// <summary>Presses and releases a button of the mouse.</summary>
    internal Pc Click(PointerButtons button)
    {
        foreach (PointerButtons held in new[] { button, PointerButtons.None })
        {
            _machine.Input.Pointer(0, 0, 0, held);
            Thread.Sleep(100);
        }

        return this;
    }

    /// <summary>Types on the serial line; "\n" is Enter.</summary>
    internal Pc TypeSerial(string keys)
    {
        _machine.PostSerialInput(0, Encoding.ASCII.GetBytes(keys.Replace('\n', '\r')));
        return this;
    }

    /// <summary>Lets the guest do what it does.</summary>
    internal Pc Wait(double seconds)
    {
        Thread.Sleep(TimeSpan.FromSeconds(seconds));
        return this;
    }

    /// <summary>Does something with the machine between two instructions.</summary>
    internal Pc Do(Action<VirtualMachine> action)
    {
        _ = Ask(machine =>
        {
            action(machine);
            return true;
        });
        return this;
    }

    /// <summary>Has a picture of the screen in the report.</summary>
    internal Pc Picture(Rung rung)
    {
        rung.Picture(this);
        return this;
    }

    /// <summary>The text on the screen, rows ended by "\n"; empty in a graphics mode.</summary>
    internal string ScreenText() => Ask(machine => machine.Screen?.ReadText()) is { } text ? Text(text) : string.Empty;

    /// <summary>The picture on the screen.</summary>
    internal ScreenPicture Picture() => Ask(machine =>
    {
        ScreenPicture picture = new();
        _ = machine.Screen?.Update(picture, all: true);
        return picture;
    });

    /// <summary>The picture on the screen as PNG.</summary>
    internal byte[] Png() => PngPicture.ToArray(Picture());

    /// <summary>Waits for the end of the machine.</summary>
    internal MachineExit End()
    {
        if (!_runner.Join(Patience))
        {
            throw Failure("the machine does not end");
        }

        return _failure is { } failure ? throw new InvalidOperationException("the machine threw", failure) : _exit!;
    }

    public void Dispose()
    {
        _machine.RequestStop();
        if (_runner.Join(TimeSpan.FromSeconds(20)))
        {
            _machine.Dispose();
            _media.ForEach(medium => medium.Dispose());
        }
    }

    private static string Firmware()
    {
        try
        {
            return FirmwareLocator.FindBios();
        }
        catch (MachineSpecException e)
        {
            Assert.Skip(e.Message);
            throw;
        }
    }

    private static string VideoRom()
    {
        string? path = FirmwareLocator.FindVideoRom();
        Assert.SkipWhen(path is null, "no ROM for the display is installed; install the package seabios");
        return path;
    }

    private static string Colours((int X, int Y, uint Colour)[] pixels, Func<(int X, int Y, uint Colour), string> colour) =>
        string.Join(' ', pixels.Select(p => $"({p.X},{p.Y}) {colour(p)}"));

    private static string Text(TextScreen screen)
    {
        StringBuilder text = new();
        for (int row = 0; row < screen.Rows; row++)
        {
            foreach (ushort cell in screen.Cells.AsSpan(row * screen.Columns, screen.Columns))
            {
                text.Append(CodePage437.ToChar((byte)cell));
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private void Press(IReadOnlyList<KeyEvent> events, int milliseconds)
    {
        foreach (KeyEvent key in events)
        {
            _machine.Input.Key(key.Key, key.IsDown);
            Thread.Sleep(milliseconds);
        }
    }

    private T Ask<T>(Func<VirtualMachine, T> question)
    {
        using ManualResetEventSlim done = new();
        T answer = default!;
        Exception? failure = null;
        _machine.Post(machine =>
        {
            try
            {
                answer = question(machine);
            }
            catch (Exception e)
            {
                failure = e;
            }

            done.Set();
        });
        for (int i = 0; !done.Wait(100); i++)
        {
            Assert.False(i > 300 || !_runner.IsAlive, _runner.IsAlive ? "the machine does not answer" : $"the machine has ended: {_exit} {_failure}\nserial:\n{Serial}");
        }

        return failure is null ? answer : throw new InvalidOperationException("the machine could not be asked", failure);
    }

    private void Await(Func<bool> condition, Func<string> complaint, TimeSpan? patience)
    {
        long end = Environment.TickCount64 + (long)(patience ?? Patience).TotalMilliseconds;
        while (!condition())
        {
            if (Environment.TickCount64 > end)
            {
                throw Failure(complaint());
            }

            Thread.Sleep(LookEvery);
        }
    }

    private InvalidOperationException Failure(string complaint)
    {
        string screen = _runner.IsAlive ? ScreenText() : $"(it has ended: {_exit} {_failure})";
        string processor = _runner.IsAlive ? Ask(machine => machine.DescribeProcessor()) : string.Empty;
        string said = Serial;
        if (_runner.IsAlive)
        {
            Rung.PictureOfFailure(this);
        }

        return new InvalidOperationException($"{complaint}\nscreen:\n{screen}\nserial:\n{(said.Length > 2000 ? said[^2000..] : said)}\n{processor}");
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
            _serial.End();
        }
    }
}
