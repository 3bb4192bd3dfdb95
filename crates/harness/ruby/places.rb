# frozen_string_literal: true

# Where things lie: the harness, the framework, the language's libraries and, under drawn
# names, the tests.
module AssayHarness
  Places = Struct.new(:harness, :framework, :libraries, :tests) do
    def self.of(tests)
      framework = File.dirname($LOADED_FEATURES.find { |it| it.end_with?("/minitest.rb") })
      framework = framework.dup.freeze
      libraries = ["/usr/lib/", "/usr/share/", "/var/lib/gems/", "<internal:"].freeze
      new("#{__dir__}/".freeze, framework, libraries, tests.map { |it| it.dup.freeze }.freeze).freeze
    end

    # What no stack shows.
    def hidden
      [harness, framework, *tests].freeze
    end
  end
end
