# frozen_string_literal: true

require "minitest/autorun"
require_relative "../../lib/{{snake}}"

class {{pascal}}SecurityTest < Minitest::Test
  def test_it_resists_the_attack
    flunk "TO BE WRITTEN: attacks that are carried out, and whose effects are looked for"
    assert_raises(ArgumentError) { {{pascal}}.{{snake}}("a value of an attacker") }
  end
end
