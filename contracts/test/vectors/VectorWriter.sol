// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Fixture} from "../utils/Fixture.sol";

/// @title How vectors become JSON, and how the files are compared with what the contracts say now.
/// @dev WRITE_VECTORS=true writes them anew.
abstract contract VectorWriter is Fixture {
    string private _cases;

    function _chain(uint256 i) internal pure returns (uint256) {
        return i % 2 == 0 ? 31337 : 8453 + i;
    }

    function _contract(uint256 i) internal pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode("LeaseManager", i)))));
    }

    /// @dev A contract as it would stand on another chain at another address.
    function _at(address original, uint256 i) internal returns (address) {
        vm.chainId(_chain(i));
        vm.etch(_contract(i), original.code);
        return _contract(i);
    }

    function _digestCase(uint256 i, string memory types, bytes memory message, bytes32 digest) internal {
        _add(_digest(i, types, message, digest));
    }

    /// @dev The struct hash comes from forge's own EIP-712 code and the digest is put together here, so the contracts are checked
    /// by others' arithmetic.
    function _digest(uint256 i, string memory types, bytes memory message, bytes32 digest)
        internal
        pure
        returns (string memory)
    {
        return _digest(i, types, message, digest, vm.serializeJsonType(types, message));
    }

    /// @param json the message; forge shuffles the members of what is not a struct in Solidity
    function _digest(uint256 i, string memory types, bytes memory message, bytes32 digest, string memory json)
        internal
        pure
        returns (string memory)
    {
        bytes32 structHash = vm.eip712HashStruct(types, message);
        vm.assertEq(digest, keccak256(abi.encodePacked(hex"1901", _domain(i), structHash)), "digest");
        return string.concat(
            _number("chainId", _chain(i)),
            _text("verifyingContract", vm.toString(_contract(i))),
            _raw("message", json),
            _word("structHash", structHash),
            _word("digest", digest)
        );
    }

    function _domain(uint256 i) private pure returns (bytes32) {
        bytes32 type_ = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        return keccak256(abi.encode(type_, keccak256("Federation"), keccak256("1"), _chain(i), _contract(i)));
    }

    function _number(string memory name, uint256 value) internal pure returns (string memory) {
        return _text(name, vm.toString(value));
    }

    function _word(string memory name, bytes32 value) internal pure returns (string memory) {
        return _text(name, vm.toString(value));
    }

    function _words(string memory name, bytes32[] memory values) internal pure returns (string memory) {
        return _raw(name, _list(values));
    }

    function _list(bytes32[] memory values) internal pure returns (string memory list) {
        for (uint256 i = 0; i < values.length; ++i) {
            list = string.concat(list, i == 0 ? '"' : ', "', vm.toString(values[i]), '"');
        }
        return string.concat("[", list, "]");
    }

    function _text(string memory name, string memory value) internal pure returns (string memory) {
        return _raw(name, string.concat('"', value, '"'));
    }

    function _raw(string memory name, string memory json) internal pure returns (string memory) {
        return string.concat(',\n    "', name, '": ', json);
    }

    /// @dev `members` begins with the comma that the first member of an object does not have.
    function _add(string memory members) internal {
        bytes memory all = bytes(members);
        all[0] = " ";
        _cases = string.concat(_cases, bytes(_cases).length == 0 ? "" : ",\n", "  {", string(all), "\n  }");
    }

    function _write(string memory path) internal {
        _store(path, string.concat('{ "cases": [\n', _cases, "\n] }\n"));
    }

    function _store(string memory path, string memory content) internal {
        if (vm.envOr("WRITE_VECTORS", false)) vm.writeFile(path, content);
        else vm.assertEq(vm.readFile(path), content, path);
    }
}
