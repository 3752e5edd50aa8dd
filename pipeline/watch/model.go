package watch

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// Model is what a terminal shows, and what the keys have changed of that.
type Model struct {
	snap  Snapshot
	have  bool  // there is a snapshot
	err   error // of the last reading
	paint painter

	width, height int
	pane          int // that has the keys
	sort          [panes]int
	offset        [panes]int // lines scrolled out of sight
	filter        string
	typed         string // of a filter
	editing       bool
	help          bool

	read func(filter string, visible []string) (Snapshot, error)
}

// every is the time between two readings.
const every = time.Second

// got is what a reading has found.
type got struct {
	snap Snapshot
	err  error
}

// due says that it is time to read.
type due struct{}

// Init reads for the first time.
func (m Model) Init() tea.Cmd { return m.reading() }

// reading returns what reads, beside the screen. There is one reading at a time, as each orders the next.
func (m Model) reading() tea.Cmd {
	read, filter, visible := m.read, m.filter, m.visible()
	return func() tea.Msg {
		snap, err := read(filter, visible)
		return got{snap, err}
	}
}

// visible returns the keys of the fits on the screen, or a few more.
func (m Model) visible() (keys []string) {
	fits := m.fits()
	from := min(m.offset[paneFits], len(fits))
	for _, f := range fits[from:min(from+max(m.height, 0), len(fits))] {
		keys = append(keys, f.Key)
	}
	return keys
}

// Update takes in what happens.
func (m Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case due:
		return m, m.reading()
	case got:
		if m.err = msg.err; msg.err == nil {
			m.snap, m.have = msg.snap, true
		}
		return m, tea.Tick(every, func(time.Time) tea.Msg { return due{} })
	case tea.PasteMsg:
		if m.editing {
			m.typed += msg.Content
		}
	case tea.KeyPressMsg:
		return m.press(msg)
	}
	return m, nil
}

// press takes in a key.
func (m Model) press(key tea.KeyPressMsg) (tea.Model, tea.Cmd) {
	name := key.String()
	if name == "ctrl+c" {
		return m, tea.Quit
	}
	if m.editing {
		return m.edit(name, key.Text), nil
	}
	switch name {
	case "q":
		return m, tea.Quit
	case "?":
		m.help = !m.help
	case "esc":
		m.help, m.filter = false, ""
	case "/":
		m.editing, m.typed, m.help = true, m.filter, false
	case "s":
		orders := []int{len(fitOrders), len(bestOrders), 1}
		m.sort[m.pane] = (m.sort[m.pane] + 1) % orders[m.pane]
		m.offset[m.pane] = 0
	case "tab", "right", "l":
		m.pane = (m.pane + 1) % panes
	case "shift+tab", "left", "h":
		m.pane = (m.pane + panes - 1) % panes
	default:
		m.scroll(name)
	}
	return m, nil
}

// scroll scrolls the pane that has the keys.
func (m *Model) scroll(key string) {
	page := max(m.height/2, 1)
	by, ok := map[string]int{"up": -1, "k": -1, "down": 1, "j": 1, "pgup": -page, "pgdown": page, "home": -1 << 30, "end": 1 << 30}[key]
	if !ok || m.width <= 0 {
		return
	}
	all := []pane{m.fitPane(m.width), m.bestPane(m.width), m.failurePane(m.width)}
	room := m.height - len(m.top(m.width)) - len(m.bottom(m.width))
	height := room
	if room >= least {
		height = m.heights(all, room)[m.pane]
	}
	p := all[m.pane]
	last := max(len(p.lines)-p.fixed-max(height-1-p.fixed, 0), 0)
	m.offset[m.pane] = max(min(m.offset[m.pane]+by, last), 0)
}

// edit takes in a key of the filter that is typed.
func (m Model) edit(name, text string) Model {
	switch name {
	case "enter":
		m.editing, m.filter = false, m.typed
		m.offset = [panes]int{}
	case "esc":
		m.editing, m.filter = false, ""
	case "backspace":
		if runes := []rune(m.typed); len(runes) > 0 {
			m.typed = string(runes[:len(runes)-1])
		}
	default:
		m.typed += text
	}
	return m
}

// View returns the screen.
func (m Model) View() tea.View {
	v := tea.NewView("")
	if m.width > 0 {
		v.SetContent(m.screen())
	}
	v.AltScreen = true
	return v
}
