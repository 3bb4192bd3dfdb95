# frozen_string_literal: true

require "minitest/autorun"
require_relative "../../lib/{{snake}}"

class {{pascal}}Test < Minitest::Test
  def test_it_does_what_the_brief_says
    flunk "TO BE WRITTEN: a test for each thing that the brief says"
    assert_equal "result", {{pascal}}.{{snake}}("value")
  end
end
