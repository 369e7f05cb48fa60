using System;
using System.Threading;
using Doppel.Host;
using Doppel.Host.Sdl;

namespace Doppel.Backends.Window;

/// <summary>
/// A screen in a window of the host's desktop, through SDL 2. The picture is drawn a whole number of times as large as the window has room for; the
/// window takes the guest's size whenever that changes. A click takes the mouse, Ctrl-Alt-G gives it back, Ctrl-Alt-F fills the screen. One in a
/// process, with a thread of its own.
/// </summary>
public sealed class WindowDisplay : IDisplayBackend
{
    private const int WaitMs = 200;
    private const int FirstWidth = 720;
    private const int FirstHeight = 400;

    // Smaller screens (320 x 200) are drawn larger at first.
    private const int LeastWidth = 640;

    private static readonly TimeSpan DisposePatience = TimeSpan.FromSeconds(5);

    private readonly object _gate = new();
    private readonly string _name;
    private readonly WindowInput _input;
    private readonly Action _closing;
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _isReady = new();
    private HostException? _failure;
    private volatile bool _isOver;
    private volatile bool _isVisible = true;
    private volatile bool _isOpen;

    // Under the gate.
    private readonly ScreenPicture _picture = new();
    private ScreenArea _changed;
    private string _state = string.Empty;
    private bool _hasTitle;

    // The window's thread.
    private int _width;
    private int _height;

    /// <summary>Opens the window.</summary>
    /// <param name="name">The machine's name, for the title.</param>
    /// <param name="input">Receives keys and mouse, on the window's thread.</param>
    /// <param name="closing">Called on the window's thread when the person closes it: a request to power down. The window stays open.</param>
    /// <exception cref="HostException">SDL 2 or a screen is missing; the message is one line.</exception>
    public WindowDisplay(string name, IInputSink input, Action closing)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(closing);
        (_name, _input, _closing) = (name, new WindowInput(input), closing);
        _thread = new Thread(Live) { IsBackground = true, Name = "window" };
        _thread.Start();
        _isReady.Wait();
        if (_failure is not null)
        {
            throw _failure;
        }
    }

    /// <summary>Whether the window can be seen.</summary>
    public bool IsWatching => _isVisible && _isOpen;

    /// <summary>Shows the machine's state in the title: "running", "paused". Any thread.</summary>
    public void SetState(string state)
    {
        lock (_gate)
        {
            _state = state;
            _hasTitle = false;
            Wake();
        }
    }

    /// <inheritdoc/>
    public void Show(ScreenPicture picture, ScreenArea changed, TextScreen? text)
    {
        ArgumentNullException.ThrowIfNull(picture);
        lock (_gate)
        {
            if (picture.Width != _picture.Width || picture.Height != _picture.Height)
            {
                _picture.CopyFrom(picture);
                _changed = new ScreenArea(0, 0, picture.Width, picture.Height);
            }
            else
            {
                for (int y = changed.Y; y < changed.Y + changed.Height; y++)
                {
                    picture.Row(y).Slice(changed.X, changed.Width).CopyTo(_picture.Row(y).Slice(changed.X, changed.Width));
                }

                _changed = _changed.Union(changed);
            }

            Wake();
        }
    }

    /// <summary>Closes the window. Keys that are held are let go.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
            Wake();
        }

        if (_thread != Thread.CurrentThread && _thread.Join(DisposePatience))
        {
            _isReady.Dispose();
        }
    }

    // Under the gate, which the thread takes before it closes the window.
    private void Wake()
    {
        if (_isOpen)
        {
            SdlWindow.Wake();
        }
    }

    private void Live()
    {
        SdlWindow window;
        try
        {
            window = SdlWindow.Open(_name, FirstWidth, FirstHeight);
            _isOpen = true;
        }
        catch (HostException error)
        {
            _failure = error;
            return;
        }
        finally
        {
            _isReady.Set();
        }

        try
        {
            while (!_isOver)
            {
                bool mustDraw = window.Wait(WaitMs, out SdlEvent what) && Handle(window, what);
                Refresh(window, mustDraw);
            }
        }
        finally
        {
            _input.ReleaseAll();
            lock (_gate)
            {
                _isOpen = false;
            }

            window.Dispose();
        }
    }

    // True: the window must be drawn though its picture has not changed.
    private bool Handle(SdlWindow window, SdlEvent what)
    {
        switch (what.Kind)
        {
            case SdlEventKind.Close:
                _closing();
                return false;
            case SdlEventKind.Shown:
                _isVisible = true;
                return true;
            case SdlEventKind.Hidden:
                _isVisible = false;
                return false;
            case SdlEventKind.Exposed:
                return true;
            default:
                break;
        }

        switch (_input.Handle(what))
        {
            case WindowAction.Grab:
                window.SetGrab(_input.IsGrabbed);
                lock (_gate)
                {
                    _hasTitle = false;
                }

                return false;
            case WindowAction.FullScreen:
                window.SetFullScreen(!window.IsFullScreen);
                return true;
            default:
                return false;
        }
    }

    private void Refresh(SdlWindow window, bool mustDraw)
    {
        string? title = null;
        lock (_gate)
        {
            if (!_hasTitle)
            {
                title = Title();
                _hasTitle = true;
            }

            if (!_changed.IsEmpty)
            {
                FollowSize(window);
                mustDraw = true;
                _ = window.Upload(_picture.Pixels, _width, _height, (_changed.X, _changed.Y, _changed.Width, _changed.Height));
                _changed = default;
            }
        }

        if (title is not null)
        {
            window.SetTitle(title);
        }

        if (mustDraw)
        {
            window.Present();
        }
    }

    private string Title()
    {
        string title = _state.Length == 0 ? _name : $"{_name} - {_state}";
        return _input.IsGrabbed ? $"{title} (Ctrl-Alt-G gives the mouse back)" : title;
    }

    // The guest changed its mode: the window keeps the factor that it has.
    private void FollowSize(SdlWindow window)
    {
        if (_picture.Width == _width && _picture.Height == _height)
        {
            return;
        }

        (int width, int height) = window.GetSize();
        int scale = _width == 0 ? 1 : Math.Max(Math.Min(width / _width, height / _height), 1);
        (_width, _height) = (_picture.Width, _picture.Height);
        scale = Math.Max(scale, _width < LeastWidth ? Math.Max(LeastWidth / Math.Max(_width, 1), 1) : 1);
        window.SetSize(_width * scale, _height * scale);
    }
}
